#include "hooks/ending.h"

#include <array>
#include <string_view>

#include "runtime/base/text.h"

namespace skiff::hooks {

namespace {

// By signal number. strsignal(3) has other words, and a locale.
constexpr std::array<std::string_view, 32> kSignals{
    "",
    "hangup",
    "interrupt",
    "quit",
    "illegal instruction",
    "trace/breakpoint trap",
    "aborted",
    "bus error",
    "floating point exception",
    "killed",
    "user defined signal 1",
    "segmentation fault",
    "user defined signal 2",
    "broken pipe",
    "alarm clock",
    "terminated",
    "stack fault",
    "child exited",
    "continued",
    "stopped (signal)",
    "stopped",
    "stopped (tty input)",
    "stopped (tty output)",
    "urgent I/O condition",
    "CPU time limit exceeded",
    "file size limit exceeded",
    "virtual timer expired",
    "profiling timer expired",
    "window changed",
    "I/O possible",
    "power failure",
    "bad system call",
};

} // namespace

std::string describe(const sys::ExitStatus& status) {
  if (status.signal == 0) return cat("exit status ", status.code);
  const auto number = static_cast<size_t>(status.signal);
  if (number < kSignals.size()) return cat("signal: ", kSignals[number]);
  return cat("signal: signal ", status.signal); // a real-time signal
}

} // namespace skiff::hooks
