// The wire format of CRIU's protocol: against the examples of protobuf's own documentation, and hostile bytes.
#include "runtime/checkpoint/wire.h"

#include "runtime/base/error.h"
#include "tests/unit/catch.h"

using skiff::checkpoint::find_number;
using skiff::checkpoint::find_text;
using skiff::checkpoint::Message;
using namespace std::string_literals;

TEST_CASE("numbers and texts are written as protobuf has them") {
  CHECK(Message().number(1, 150).bytes() == "\x08\x96\x01");
  CHECK(Message().text(2, "testing").bytes() == "\x12\x07testing");
  CHECK(Message().message(3, Message().number(1, 150)).bytes() == "\x1a\x03\x08\x96\x01");
  CHECK(Message().number(1, 0).bytes() == "\x08\x00"s);
  CHECK(Message().number(68, 1).bytes() == "\xa0\x04\x01");
}

TEST_CASE("what was written is found again") {
  const std::string message = Message()
                                  .number(1, ~uint64_t{0})
                                  .text(2, "")
                                  .number(1, 7)
                                  .text(2, "last")
                                  .message(9, Message().number(4, 2))
                                  .bytes();
  CHECK(find_number(message, 1) == 7); // the last one counts
  CHECK(find_text(message, 2) == "last");
  CHECK(find_number(*find_text(message, 9), 4) == 2);
  CHECK_FALSE(find_number(message, 3));
  CHECK_FALSE(find_number(message, 2)); // another type
  CHECK_FALSE(find_text("", 1));
}

TEST_CASE("fixed numbers are passed over") {
  CHECK(find_number("\x0d\x01\x02\x03\x04\x10\x05"s, 2) == 5);
  CHECK(find_number("\x09\x01\x02\x03\x04\x05\x06\x07\x08\x10\x05"s, 2) == 5);
}

TEST_CASE("a malformed message is refused") {
  for (const std::string& bad : {"\x08"s, "\x08\x80"s, "\x12\x05test"s, "\x0d\x01"s, "\x0b"s,
                                 "\x12\xff\xff\xff\xff\x7f"s, "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"s})
    CHECK_THROWS_AS(find_number(bad, 1), skiff::Error);
}
