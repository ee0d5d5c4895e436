#include "runtime/launch/protocol.h"

#include <array>
#include <cstring>

#include "runtime/base/text.h"
#include "runtime/stub/plan.h"
#include "runtime/sys/socket.h"

namespace skiff::launch {

namespace {

using stub::Frame;

constexpr size_t kMaxPayload = 4096; // I11

static_assert(static_cast<uint16_t>(Kind::ready) == stub::kReady && static_cast<uint16_t>(Kind::go) == stub::kGo);
static_assert(static_cast<uint16_t>(Kind::failed) == stub::kFailed);
static_assert(static_cast<uint16_t>(Kind::listener) == stub::kListener);

// What init may say, and how often.
struct Rule {
  Kind kind;
  size_t min_size, max_size;
  bool repeats;
  bool cargo;
};
constexpr std::array kFromChild{
    Rule{Kind::mounted, 0, 0, false, false},         Rule{Kind::ready, 0, 0, false, false},
    Rule{Kind::failed, 0, kMaxPayload, true, false}, Rule{Kind::log, 0, kMaxPayload, true, false},
    Rule{Kind::listener, 4, 4, false, false},        Rule{Kind::staged, 4, 4, false, false},
    Rule{Kind::console, 0, 0, false, true},          Rule{Kind::inner_bind, 4, 4, true, true},
};

constexpr unsigned bit(Kind kind) {
  return 1U << static_cast<unsigned>(kind);
}

void send_frame(sys::FdRef socket, Kind kind, std::string_view payload, sys::FdRef cargo) {
  const Frame frame{static_cast<uint16_t>(kind), 0, static_cast<uint32_t>(payload.size())};
  std::string bytes(reinterpret_cast<const char*>(&frame), sizeof frame);
  bytes += payload;
  sys::try_send(socket, bytes, cargo).or_throw("send to the other side of the start");
}

} // namespace

Message ParentEnd::receive() {
  std::array<char, sizeof(Frame) + kMaxPayload> buffer;
  Result<sys::Received> got = sys::try_receive(socket_, buffer.data(), buffer.size());
  // The other end was closed with something of ours unread. That is told once, before what it said itself.
  if (!got && got.error() == ECONNRESET) got = sys::try_receive(socket_, buffer.data(), buffer.size());
  if (!got) throw Error(got.error(), "receive from container init");
  if (got->size == 0) return {};
  Frame frame;
  if (got->size < sizeof frame) throw Error("container init broke the protocol: short message");
  std::memcpy(&frame, buffer.data(), sizeof frame);
  for (const Rule& rule : kFromChild) {
    if (static_cast<uint16_t>(rule.kind) != frame.kind) continue;
    const bool in_order = rule.repeats || !((heard_ & bit(rule.kind)) || (heard_ & bit(Kind::ready)));
    if (!in_order || frame.length != got->size - sizeof frame || frame.length < rule.min_size ||
        frame.length > rule.max_size || rule.cargo != static_cast<bool>(got->cargo))
      break;
    heard_ |= bit(rule.kind);
    return {rule.kind, frame.reserved == 1, std::string(buffer.data() + sizeof frame, frame.length),
            std::move(got->cargo)};
  }
  throw Error(cat("container init broke the protocol: message ", frame.kind, " of ", got->size, " bytes"));
}

void ParentEnd::send(Kind kind) {
  send_frame(socket_, kind, {}, sys::FdRef(-1));
}

void ParentEnd::send_go_ahead() noexcept {
  try {
    send_go();
  } catch (...) {
    // Its end is closed.
  }
}

void ChildEnd::wait_for(Kind expected) {
  Frame frame;
  Result<sys::Received> got = sys::try_receive(socket_, reinterpret_cast<char*>(&frame), sizeof frame);
  if (!got) throw Error(got.error(), "receive from the runtime");
  if (got->size != sizeof frame || frame.kind != static_cast<uint16_t>(expected)) throw Error("the runtime is gone");
}

void ChildEnd::send(Kind kind, std::string_view payload, sys::FdRef cargo) {
  send_frame(socket_, kind, payload.substr(0, kMaxPayload), cargo);
}

void ChildEnd::send_staged(int pid) {
  send(Kind::staged, {reinterpret_cast<const char*>(&pid), sizeof pid});
}

void ChildEnd::send_listener(sys::FdRef listener) {
  const int number = listener.get();
  send(Kind::listener, {reinterpret_cast<const char*>(&number), sizeof number});
}

void ChildEnd::send_inner_bind(uint32_t number, sys::FdRef tree) {
  send(Kind::inner_bind, {reinterpret_cast<const char*>(&number), sizeof number}, tree);
}

void ChildEnd::send_failed(std::string_view text) noexcept {
  try {
    send(Kind::failed, text);
  } catch (...) {
    // The runtime is gone: there is nobody left to tell.
  }
}

Channel make_channel() {
  auto [parent, child] = sys::make_socket_pair();
  return {ParentEnd(std::move(parent)), ChildEnd(std::move(child))};
}

} // namespace skiff::launch
