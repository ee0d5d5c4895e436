// The container's terminal, shown on the caller's standard input and output.
#pragma once

#include <poll.h>

#include <span>

#include "runtime/container/flow.h"
#include "runtime/container/raw_terminal.h"
#include "runtime/container/signal_queue.h"

namespace skiff {

class TerminalRelay {
public:
  // Takes the master. Puts the caller's terminal, if there is one, in raw mode. Throws Error.
  explicit TerminalRelay(sys::Fd master);

  static constexpr size_t kWatched = 4;
  // Says what poll(2) has to watch, and does what it has found possible.
  void watch(std::span<pollfd, kWatched> watched) const;
  void serve(std::span<const pollfd, kWatched> watched);
  // Milliseconds after which to call serve() even so; -1 = none.
  int patience() const { return hung_up_ ? kRetry : -1; }

  // SIGWINCH and SIGTSTP of the runtime.
  void resize() { terminal_.give_size_to(master_); }
  void suspend();
  // Shows what the container has written before it ended. Gives up when one of the signals asks to end.
  void drain(Signals& signals);

private:
  void read_output();
  void write_output();

  static constexpr int kRetry = 50;
  sys::Fd master_;
  RawTerminal terminal_;
  Flow input_, output_;
  bool hung_up_ = false; // nobody has the slave open at the moment
};

} // namespace skiff
