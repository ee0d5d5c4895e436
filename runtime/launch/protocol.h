// What runtime and init say to each other while a container is made, over one SOCK_SEQPACKET pair.
//
//   runtime                         init (or the stub, which it becomes)
//            -- IdsMapped    -->    only with a new user namespace
//            -- Joined       -->    only where a v1 cgroup has to be joined, or network devices have to come, before
//            init goes on
//            <-- Staged      --     only when a user namespace is joined: pid of the real init
//            <-- Mounted     --     only when there are prestart or createRuntime hooks
//            -- HooksDone    -->
//            <-- InnerBind   --     only for idmapped binds of what earlier mounts made: number and tree of the mount
//            -- IdsSet       -->
//            <-- Console     --     only with a terminal: the master comes along
//            <-- Listener    --     only when the seccomp profile notifies; answered by Go
//            <-- Ready       --
//            -- Go           -->    `run` and `exec`: there is no FIFO; end of file means that execve has succeeded
//
// Where nothing is left to be done between Ready and Go, and init waits for nothing else, Go lies ready before it is
// asked for: two processes need not wake each other then.
// Log (for --debug) may come before Ready at any time; Failed may come instead of anything. The child is not trusted:
// order, length and sender of every message are checked (I11).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/error.h"
#include "runtime/sys/fd.h"

namespace skiff::launch {

// The numbers are shared with stub/plan.h.
enum class Kind : uint16_t {
  ids_mapped = 1,
  joined = 2,
  mounted = 3,
  hooks_done = 4,
  ready = 5,
  go = 6,
  failed = 7,
  log = 8,
  listener = 9,
  staged = 10,
  console = 11,
  inner_bind = 12,
  ids_set = 13,
};

// What the runtime may hear.
struct Message {
  Kind kind = Kind::failed;
  bool from_stub = false;
  std::string payload;
  sys::Fd cargo;
};

// The runtime's end.
class ParentEnd {
public:
  ParentEnd() = default;
  explicit ParentEnd(sys::Fd socket) : socket_(std::move(socket)) {}
  void send_ids_mapped() { send(Kind::ids_mapped); }
  void send_joined() { send(Kind::joined); }
  void send_hooks_done() { send(Kind::hooks_done); }
  void send_ids_set() { send(Kind::ids_set); }
  void send_go() { send(Kind::go); }
  // Before Ready. A child that has failed meanwhile is no error here: what it said is still to be received.
  void send_go_ahead() noexcept;
  // The next message. Kind::failed with an empty payload: the other end is closed. Throws Error when the child breaks
  // the protocol.
  Message receive();
  sys::FdRef fd() const { return socket_; }

private:
  void send(Kind kind);
  sys::Fd socket_;
  unsigned heard_ = 0; // bit N: Kind N has come
};

// Init's end.
class ChildEnd {
public:
  ChildEnd() = default;
  explicit ChildEnd(sys::Fd socket) : socket_(std::move(socket)) {}
  void wait_for(Kind expected);
  void send_mounted() { send(Kind::mounted, {}); }
  void send_ready() { send(Kind::ready, {}); }
  void send_staged(int pid);
  void send_listener(sys::FdRef listener); // its number in this process: the runtime takes it by pidfd_getfd(2)
  void send_inner_bind(uint32_t number, sys::FdRef tree);
  void send_console(sys::FdRef master) { send(Kind::console, {}, master); }
  void send_debug(std::string_view text) { send(Kind::log, text); }
  void send_failed(std::string_view text) noexcept;
  sys::FdRef fd() const { return socket_; }

private:
  void send(Kind kind, std::string_view payload, sys::FdRef cargo = sys::FdRef(-1));
  sys::Fd socket_;
};

struct Channel {
  ParentEnd parent;
  ChildEnd child;
};
Channel make_channel(); // throws

} // namespace skiff::launch
