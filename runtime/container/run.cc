// `run`: create and start in one, and wait for the end.
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "hooks/run.h"
#include "runtime/base/scope.h"
#include "runtime/base/text.h"
#include "runtime/container/annotations.h"
#include "runtime/container/conversation.h"
#include "runtime/container/creation.h"
#include "runtime/container/foreground.h"
#include "runtime/log/log.h"

namespace skiff {

namespace {

void run_poststart_hooks(const Created& created) {
  if (!created.record.hooks) return;
  const annotations::HookFiles files = annotations::open_hook_files(created.record.annotations);
  hooks::run(hooks::Moment::poststart, *created.record.hooks,
             state_of(created.record, oci::Status::running, created.init.pid),
             {.directory = created.record.bundle, .out = files.out, .err = files.err});
}

void destroy(Created& created, const Policy& policy) {
  if (!created.dir.try_lock()) return; // `delete` was faster
  (void)created.init.pidfd.try_signal(SIGKILL);
  created.cgroup->let_die();
  (void)created.init.pidfd.try_wait();
  destroy_container(created.record, *created.cgroup, created.dir, policy);
}

} // namespace

int run(const Home& home, const RunOptions& options) {
  if (!options.detach && !options.no_subreaper && ::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
    log::warn("cannot become the subreaper of the container's processes, ignoring");
  std::optional<Signals> signals;
  if (!options.detach) signals.emplace(); // from here on they wait for the container
  Created created = create_container({.home = home,
                                      .options = options.create,
                                      .start_by = launch::StartBy::go,
                                      .terminal = options.detach ? Terminal::to_socket : Terminal::to_caller});
  Scope undo([&] {
    try {
      destroy(created, home.policy);
    } catch (const std::exception& error) {
      log::warn(cat("clean up after a failed start: ", error.what(), ", ignoring"));
    }
  });
  std::optional<NotifySocket> notify;
  if (NotifySocket::is_wanted()) notify.emplace(created.dir, home.policy);
  std::optional<TerminalRelay> terminal;
  if (created.console) terminal.emplace(std::move(created.console));
  in([] { return "unable to start container process"; },
     [&] { start_program(created.init, created.process, created.go); });
  created.dir.unlock(); // the container runs, and hooks may call us
  run_poststart_hooks(created);
  if (options.detach) {
    if (notify) notify->wait(created.init.pidfd, created.init.pid);
    undo.dismiss();
    return 0;
  }
  const sys::ExitStatus status = wait_in_foreground(created.init.pidfd, *signals, terminal ? &*terminal : nullptr,
                                                    notify ? &*notify : nullptr, created.init.pid);
  terminal.reset();
  undo.dismiss();
  if (!options.keep) destroy(created, home.policy);
  return status.shell_code();
}

} // namespace skiff
