// The program that the container is for: its directory, environment and file, as seen inside.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/launch/plan.h"

namespace skiff::init {

struct Program {
  std::string path;
  std::vector<std::string> env;
  std::optional<std::string> cwd_later; // only the user may enter it
};

// Enters process.cwd, completes the environment (HOME), finds the executable as execvp(3) would, and checks that the
// user may run it: all of it is an error of `create`. Call in the container, before ids change. Throws Error.
Program prepare_program(const launch::ProcessPlan& process);

} // namespace skiff::init
