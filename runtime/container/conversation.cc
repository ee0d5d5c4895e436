#include "runtime/container/conversation.h"

#include <cstring>

#include "runtime/container/names.h"
#include "runtime/log/log.h"

namespace skiff {

sys::Fd take_listener(const launch::Spawned& process, const launch::Message& message) {
  int number = -1;
  std::memcpy(&number, message.payload.data(), sizeof number);
  return process.pidfd.try_get_fd(number).or_throw("take the seccomp listener");
}

void start_program(launch::Spawned& process, const launch::ProcessPlan& plan, Go go) {
  if (go == Go::to_send) process.channel.send_go();
  for (;;) {
    const launch::Message message = process.channel.receive();
    if (message.kind == launch::Kind::log) {
      log::debug(message.payload);
      continue;
    }
    if (message.kind == launch::Kind::failed && message.payload.empty()) return;
    throw Error(message.from_stub ? names::stub_failure(message.payload, plan) : message.payload);
  }
}

} // namespace skiff
