// The signals that this process gets while it stands for another one.
#pragma once

#include <signal.h>

#include "runtime/sys/fd.h"

namespace skiff {

// All signals that can be forwarded, blocked, and readable as a signalfd(2). SIGPIPE is not among them: it comes of our
// own writing, and is ignored meanwhile.
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
  struct sigaction pipe_before_;
  sys::Fd fd_;
};

} // namespace skiff
