// `create`: runtime.md, "Create".
#include "runtime/cli/commands.h"
#include "runtime/cli/creation.h"

namespace skiff::cli {

int create(Invocation& invocation) {
  static constexpr Usage kUsage = {
      .arguments = "<container-id>",
      .description =
          R"(Makes a container of a bundle: a directory with a config.json and, as a rule, a root file system.
Namespaces, mounts and limits are in place afterwards, and its program waits for "start".

<container-id> names the container from now on; no other on this host may have the same.)",
      .min_arguments = 1,
      .max_arguments = 1,
  };
  CreateOptions options;
  std::vector<Option> table = creation_options(options);
  bool no_subreaper = false; // crun takes it here too, where there is nothing to reap
  table.push_back({"no-subreaper", '\0', &no_subreaper, "as in run; nothing to do here", {}, Visibility::hidden});
  const auto arguments = invocation.read(kUsage, table);
  if (!arguments) return 0;
  options.id = arguments->front();
  return creating(invocation, "create", [&] {
    settle_creation(invocation.home(), options);
    skiff::create(invocation.home(), options);
    return 0;
  });
}

} // namespace skiff::cli
