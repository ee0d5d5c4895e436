// Waiting for a container in the foreground: signals go to it, its terminal to ours.
#pragma once

#include <signal.h>
#include <termios.h>

#include <optional>
#include <string>

#include "runtime/container/notify.h"
#include "runtime/sys/process.h"

namespace skiff {

// All signals that can be forwarded, blocked, and readable as a signalfd(2).
class Signals {
public:
  Signals(); // throws Error
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals();
  sys::FdRef fd() const { return fd_; }
  // The next one that is pending; 0 = none.
  int next();

private:
  sigset_t before_;
  sys::Fd fd_;
};

// The caller's terminal in raw mode, and the bytes between it and the container's pty.
class TerminalRelay {
public:
  explicit TerminalRelay(sys::Fd master); // throws Error
  TerminalRelay(const TerminalRelay&) = delete;
  TerminalRelay& operator=(const TerminalRelay&) = delete;
  ~TerminalRelay();

  // Copies the caller's window size.
  void resize();
  // What poll(2) has to watch, and what to do when it has found something.
  int input_fd() const { return input_open_ ? 0 : -1; }
  int master_fd() const { return master_open_ ? master_.get() : -1; }
  void pump_input();
  void pump_output();
  // What the container has written before it ended.
  void drain();

private:
  sys::Fd master_;
  std::optional<sys::Fd> tty_; // the caller's
  termios before_{};
  bool input_open_ = true;
  bool master_open_ = true;
};

// Until the process has ended, and everything that it has left behind in our care is reaped. `terminal` and `notify`
// may be null.
sys::ExitStatus wait_in_foreground(const sys::PidFd& process, Signals& signals, TerminalRelay* terminal,
                                   NotifySocket* notify, int pid);

} // namespace skiff
