// How a process ended, in Go's words, which are runc's: "exit status 1", "signal: killed".
#pragma once

#include <string>

#include "runtime/sys/process.h"

namespace skiff::hooks {

std::string describe(const sys::ExitStatus& status);

} // namespace skiff::hooks
