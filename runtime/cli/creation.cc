// Options of a new container.
#include "runtime/cli/creation.h"

#include "runtime/cli/paths.h"

namespace skiff::cli {

std::vector<Option> creation_options(CreateOptions& options) {
  return {
      {"bundle", 'b', &options.bundle, "directory of the bundle; without it, the current directory"},
      {"config", 'f', &options.config, "file in the bundle that is the configuration", "config.json"},
      {"console-socket", '\0', &options.console_socket, "unix socket that is sent the terminal's master"},
      {"pidfd-socket", '\0', &options.pidfd_socket, "unix socket that is sent a pidfd of the first process"},
      {"pid-file", '\0', &options.pid_file, "file that the number of the first process is written to"},
      {"no-pivot", '\0', &options.no_pivot, "change the root without pivot_root, as on an initial ramdisk"},
      {"no-new-keyring", '\0', &options.no_new_keyring, "stay in the caller's session keyring"},
      {"preserve-fds", '\0', &options.preserve_fds, "pass on so many descriptors, counted from 3 or behind $LISTEN_FDS",
       "0"},
  };
}

void settle_creation(const Home& home, CreateOptions& options) {
  if (options.id.empty() && !home.policy.names_bad_ids) throw Error("container id cannot be empty");
  if (!options.pid_file.empty()) options.pid_file = absolute(options.pid_file);
}

} // namespace skiff::cli
