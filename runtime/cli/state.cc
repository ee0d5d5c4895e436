// `state`: runtime.md, "Query State".
#include "runtime/cli/commands.h"
#include "runtime/cli/container_state.h"
#include "runtime/cli/output.h"

namespace skiff::cli {

int state(Invocation& invocation) {
  static constexpr Usage kUsage = {
      .arguments = "<container-id>",
      .description = "Prints the state of a container: its status, its process, and where it came from.",
      .min_arguments = 1,
      .max_arguments = 1,
  };
  const auto arguments = invocation.read(kUsage, {});
  if (!arguments) return 0;
  oci::json::Writer writer(oci::Indent::two_spaces);
  write(writer, describe(open_container(invocation.home(), arguments->front())));
  print(std::move(writer).take());
  return 0;
}

} // namespace skiff::cli
