// `pause`: the cgroup freezer.
#include "runtime/cli/commands.h"

namespace skiff::cli {

int pause(Invocation& invocation) {
  static constexpr Usage kUsage = {
      .arguments = "<container-id>",
      .description = R"(Suspends all processes of a container, until "resume".)",
      .min_arguments = 1,
      .max_arguments = 1,
  };
  const auto arguments = invocation.read(kUsage, {});
  if (!arguments) return 0;
  open_container(invocation.home(), arguments->front()).pause();
  return 0;
}

} // namespace skiff::cli
