// The caller's terminal while a container's terminal is shown on it.
#pragma once

#include <termios.h>

#include <optional>

#include "runtime/sys/process.h"

namespace skiff {

// Stops this process as ^Z would, until it is continued. Nothing happens where no shell controls jobs.
void stop_as_job();

// Raw mode, until this object ends, or the runtime does, in whatever way: a small process waits for that and puts the
// settings back.
class RawTerminal {
public:
  // Takes the terminal that is standard input, output or error, else the controlling one; none is no error. Throws
  // Error.
  RawTerminal();
  RawTerminal(const RawTerminal&) = delete;
  RawTerminal& operator=(const RawTerminal&) = delete;
  ~RawTerminal();

  // Copies the window size to a container's terminal.
  void give_size_to(sys::FdRef master) const;
  // stop_as_job(), with the terminal given back meanwhile.
  void suspend();

private:
  void make_raw() const;
  void start_guard();

  std::optional<sys::Fd> tty_;
  termios before_{}, raw_{};
  sys::PipeWriter guard_; // a byte means that there is nothing to be put back
  sys::PidFd guard_pidfd_;
};

} // namespace skiff
