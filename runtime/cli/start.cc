// `start`: runtime.md, "Start".
#include "runtime/cli/commands.h"

namespace skiff::cli {

int start(Invocation& invocation) {
  static constexpr Usage kUsage = {
      .arguments = "<container-id>",
      .description = "Runs the program that config.json names, in a container that is created and not yet started.",
      .min_arguments = 1,
      .max_arguments = 1,
  };
  const auto arguments = invocation.read(kUsage, {});
  if (!arguments) return 0;
  open_container(invocation.home(), arguments->front()).start();
  return 0;
}

} // namespace skiff::cli
