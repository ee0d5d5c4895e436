// `restore`: a container from the files of a checkpoint.
#include "runtime/checkpoint/restore.h"

#include <array>

#include "runtime/cli/commands.h"
#include "runtime/cli/criu_options.h"
#include "runtime/cli/paths.h"

namespace skiff::cli {

int restore(Invocation& invocation) {
  static constexpr Usage kUsage = {
      .arguments = "<container-id>",
      .description =
          R"(Makes a container from the files of a checkpoint, with the help of criu(8); its processes go on where
they were. The bundle must be as it was then. Without --detach it waits as "run" does.

<container-id> names the container; no other on this host may have the same.)",
      .min_arguments = 1,
      .max_arguments = 1,
  };
  skiff::checkpoint::RestoreOptions options;
  CriuTexts texts;
  std::vector<Option> table = criu_options(options, texts);
  const std::array more = {
      Option{"bundle", 'b', &options.bundle, "directory of the bundle; without it, the current directory"},
      Option{"console-socket", '\0', &options.console_socket, "unix socket that is sent the terminal's master"},
      Option{"pid-file", '\0', &options.pid_file, "file that the number of the first process is written to"},
      Option{"detach", 'd', &options.detach, "return once the processes run"},
      Option{"no-subreaper", '\0', &options.no_subreaper, "leave orphans of the container to others to reap"},
      Option{"no-pivot", '\0', &options.no_pivot, "as in create; criu changes the root in its own way"},
      Option{"tcp-close", '\0', &options.tcp_close, "bring TCP connections back closed"},
      Option{"lsm-profile", '\0', &options.lsm_profile, "label of the processes, as apparmor:NAME or selinux:LABEL"},
      Option{"lsm-mount-context", '\0', &options.lsm_mount_context, "SELinux context of mounts that had one"},
  };
  table.insert(table.end(), more.begin(), more.end());
  const auto arguments = invocation.read(kUsage, table);
  if (!arguments) return 0;
  if (arguments->front().empty()) throw Error("container id cannot be empty");
  settle_criu(invocation, options, texts);
  options.id = arguments->front();
  if (!options.pid_file.empty()) options.pid_file = absolute(options.pid_file);
  return skiff::checkpoint::restore(invocation.home(), options);
}

} // namespace skiff::cli
