// `pause` and `resume`: the cgroup freezer.
#include "runtime/cli/commands.h"

namespace skiff::cli {

namespace {

int apply(Invocation& invocation, const char* description, void (Container::*change)()) {
  const Usage usage = {
      .arguments = "<container-id>",
      .description = description,
      .min_arguments = 1,
      .max_arguments = 1,
  };
  const auto arguments = invocation.read(usage, {});
  if (!arguments) return 0;
  Container container = open_container(invocation.home(), arguments->front());
  (container.*change)();
  return 0;
}

} // namespace

int pause(Invocation& invocation) {
  return apply(invocation, R"(Suspends all processes of a container, until "resume".)", &Container::pause);
}

int resume(Invocation& invocation) {
  return apply(invocation, R"(Lets the processes of a container go on that "pause" has suspended.)",
               &Container::resume);
}

} // namespace skiff::cli
