// `resume`: the cgroup freezer.
#include "runtime/cli/commands.h"

namespace skiff::cli {

int resume(Invocation& invocation) {
  static constexpr Usage kUsage = {
      .arguments = "<container-id>",
      .description = R"(Lets the processes of a container go on that "pause" has suspended.)",
      .min_arguments = 1,
      .max_arguments = 1,
  };
  const auto arguments = invocation.read(kUsage, {});
  if (!arguments) return 0;
  open_container(invocation.home(), arguments->front()).resume();
  return 0;
}

} // namespace skiff::cli
