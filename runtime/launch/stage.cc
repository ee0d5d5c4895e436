#include "runtime/launch/stage.h"

#include <unistd.h>

#include <cstring>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"

namespace skiff::launch {

void hand_over(uint64_t flags, std::string_view doing, ChildEnd& parent, const std::function<void()>& body) {
  sys::Pipe told = sys::make_pipe(); // its end is the clone's sign
  const sys::Child child = sys::try_clone({.flags = flags, .sibling = true}).or_throw(std::string(doing));
  if (child.pid == 0) {
    told.writer.reset();
    (void)sys::try_read_all(told.reader);
    told.reader.reset();
    body();
  }
  parent.send_staged(child.pid);
  ::_exit(0);
}

int receive_staged(ParentEnd& channel, std::string_view who) {
  const Message message = channel.receive();
  if (message.kind != Kind::staged)
    throw Error(message.payload.empty() ? cat(who, " died before it was born") : message.payload);
  int pid = 0;
  std::memcpy(&pid, message.payload.data(), sizeof pid);
  return pid;
}

} // namespace skiff::launch
