// `mounts`: mounts in a running container, as crun has it.
#include "runtime/base/text.h"
#include "runtime/cli/commands.h"
#include "runtime/container/live_mounts.h"

namespace skiff::cli {

int mounts(Invocation& invocation) {
  static constexpr Usage kUsage = {
      .arguments = "add|remove <container-id> <file>",
      .description = R"(Adds mounts to a running container, or removes them. The file holds an array of mounts as in
config.json; to remove them, their destinations are enough.)",
      .min_arguments = 3,
      .max_arguments = 3,
  };
  const auto arguments = invocation.read(kUsage, {});
  if (!arguments) return 0;
  const std::string& action = arguments->front();
  const std::string& id = (*arguments)[1];
  const std::string& file = (*arguments)[2];
  if (action == "add")
    add_mounts(invocation.home(), id, file);
  else if (action == "remove")
    remove_mounts(invocation.home(), id, file);
  else
    throw Error(cat("unknown command ", action));
  return 0;
}

} // namespace skiff::cli
