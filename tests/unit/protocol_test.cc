// What runtime and init say to each other: runtime/launch/protocol.h.
#include "runtime/launch/protocol.h"

#include "tests/unit/catch.h"

namespace launch = skiff::launch;

TEST_CASE("a child that fails before it has read Go is heard") {
  launch::Channel channel = launch::make_channel();
  channel.parent.send_go_ahead();
  channel.child.send_failed("no such file");
  channel.child = launch::ChildEnd();

  const launch::Message failed = channel.parent.receive();
  CHECK(failed.kind == launch::Kind::failed);
  CHECK(failed.payload == "no such file");
  CHECK(channel.parent.receive().payload.empty());
}

TEST_CASE("Go can be sent to a child that is gone") {
  launch::Channel channel = launch::make_channel();
  channel.child.send_failed("first");
  channel.child = launch::ChildEnd();
  channel.parent.send_go_ahead();

  CHECK(channel.parent.receive().payload == "first");
}
