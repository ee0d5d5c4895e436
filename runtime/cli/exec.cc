// `exec`: a further process in a container.
#include "runtime/container/exec.h"

#include "runtime/base/text.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/paths.h"
#include "runtime/cli/status_error.h"

namespace skiff::cli {

namespace {

constexpr Usage kUsage = {
    .arguments = "<container-id> <command> [argument...]  or  -p FILE <container-id>",
    .description = R"(Runs a command in a container, with its namespaces, cgroup, user, environment and limits. Without
--detach it waits for the command, passes signals on to it, and ends with its exit status; with status 255 when the
command cannot be run.

Options are read up to <container-id>; what follows belongs to the command.)",
    .min_arguments = 1,
    .max_arguments = static_cast<size_t>(-1),
    .stop_after = 1,
};

std::vector<Option> options_of(ExecOptions& options) {
  return {
      {"process", 'p', &options.process_file,
       "file with a process object of config.json, which says all of the command"},
      {"env", 'e', &options.env, "variable of the command, NAME=VALUE; may be repeated"},
      {"cwd", '\0', &options.cwd, "directory in the container that the command begins in"},
      {"user", 'u', &options.user, "user of the command, as UID or UID:GID"},
      {"additional-gids", 'g', &options.additional_gids, "a further group of the command; may be repeated"},
      {"cap", 'c', &options.capabilities, "a further capability, such as CAP_CHOWN; may be repeated"},
      {"no-new-privs", '\0', &options.no_new_privileges, "no setuid program gives the command more rights"},
      {"apparmor", '\0', &options.apparmor_profile, "AppArmor profile of the command"},
      {"process-label", '\0', &options.process_label, "SELinux label of the command"},
      {"tty", 't', &options.terminal, "give the command a terminal of its own"},
      {"console-socket", '\0', &options.console_socket, "unix socket that is sent the terminal's master"},
      {"detach", 'd', &options.detach, "return once the command runs"},
      {"pid-file", '\0', &options.pid_file, "file that the number of the command's process is written to"},
      {"pidfd-socket", '\0', &options.pidfd_socket, "unix socket that is sent a pidfd of the command's process"},
      {"preserve-fds", '\0', &options.preserve_fds, "pass on so many descriptors, counted from 3", "0"},
      {"cgroup", '\0', &options.cgroups, "cgroup below the container's: PATH, or CONTROLLER[,...]:PATH repeatedly"},
      {"ignore-paused", '\0', &options.ignore_paused, "go on when the container is paused; it runs when that resumes"},
  };
}

} // namespace

int exec(Invocation& invocation) {
  ExecOptions options;
  auto arguments = invocation.read(kUsage, options_of(options));
  if (!arguments) return 0;
  try {
    options.id = arguments->front();
    options.args.assign(arguments->begin() + 1, arguments->end());
    if (options.id.empty()) throw Error("container id cannot be empty");
    if (!options.pid_file.empty()) options.pid_file = absolute(options.pid_file);
    return skiff::exec(invocation.home(), options);
  } catch (const std::exception& error) {
    constexpr int kCannotRun = 255;
    throw StatusError(kCannotRun, cat("exec failed: ", error.what()));
  }
}

} // namespace skiff::cli
