// `run`: create and start in one.
#include "runtime/cli/commands.h"
#include "runtime/cli/creation.h"

namespace skiff::cli {

int run(Invocation& invocation) {
  static constexpr Usage kUsage = {
      .arguments = "<container-id>",
      .description = R"(Makes a container of a bundle and starts its program. Without --detach it waits for the program,
passes signals on to it, ends with its exit status, and removes the container.

<container-id> names the container; no other on this host may have the same.)",
      .min_arguments = 1,
      .max_arguments = 1,
  };
  RunOptions options;
  std::vector<Option> table = creation_options(options.create);
  table.push_back({"detach", 'd', &options.detach, "return once the program runs"});
  table.push_back({"keep", '\0', &options.keep, "leave the container there when its program has ended"});
  table.push_back({"no-subreaper", '\0', &options.no_subreaper, "leave orphans of the container to others to reap"});
  const auto arguments = invocation.read(kUsage, table);
  if (!arguments) return 0;
  options.create.id = arguments->front();
  return creating(invocation, "run", [&] {
    settle_creation(invocation.home(), options.create);
    return skiff::run(invocation.home(), options);
  });
}

} // namespace skiff::cli
