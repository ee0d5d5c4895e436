#include "runtime/init/init.h"

#include <unistd.h>

#include "hooks/run.h"
#include "runtime/init/finish.h"
#include "runtime/init/hostname.h"
#include "runtime/init/keyring.h"
#include "runtime/init/namespaces.h"
#include "runtime/init/network.h"
#include "runtime/init/program.h"
#include "runtime/init/rootfs.h"
#include "runtime/init/scheduling.h"
#include "runtime/init/surroundings.h"
#include "runtime/init/sysctl.h"
#include "runtime/init/terminal.h"
#include "runtime/sys/uapi.h"

namespace skiff::init {

namespace {

// The state on a hook's stdin names the pid that the hook itself would see.
oci::State own_state(const launch::InitPlan& plan) {
  oci::State state = plan.state;
  state.pid = ::getpid();
  return state;
}

std::vector<std::string> words(char* const* pointers) {
  std::vector<std::string> all;
  while (*pointers != nullptr) all.emplace_back(*pointers++);
  return all;
}

// A startContainer hook is a file of the container's: it gets the ids, the rights and the filter of the program, and
// no more, as in runc. Comes back with errno set.
void become_start_hook(const launch::InitPlan& plan, sys::FdRef proc, const char* path, char* const* args,
                       char* const* env) {
  launch::ProcessPlan process = plan.process;
  process.args = words(args);
  process.kept_fds = 0;
  const Program program{.path = path, .env = words(env), .cwd_later = {}};
  try {
    become_stub({.process = process,
                 .program = program,
                 .stub = plan.stub,
                 .proc = proc,
                 .may_set_groups = plan.may_set_groups,
                 .after = After::start});
  } catch (const Error& error) {
    errno = error.code();
  }
}

// startContainer hooks run between the byte of `start` and the program, so init waits for that byte itself, and the
// stub goes on at once. They get the program's environment unless they have one of their own.
void run_start_hooks(launch::InitPlan& plan, const Program& program, sys::FdRef proc, launch::ChildEnd& parent) {
  if (plan.process.seccomp && plan.process.seccomp->notifies) load_notifying_filter(plan.process, parent);
  outlive_parent();
  parent.send_ready();
  wait_for_start(plan, parent);
  hooks::run(hooks::Moment::startContainer, plan.hooks, own_state(plan),
             {.directory = "",
              .default_env = &program.env,
              .exec = [&](const char* path, char* const* args,
                          char* const* env) { become_start_hook(plan, proc, path, args, env); },
              .out = plan.hook_stdout,
              .err = plan.hook_stderr});
}

void build(launch::InitPlan& plan, launch::ChildEnd& parent) {
  const auto debug = [&](const char* text) {
    if (plan.wants_debug) parent.send_debug(text);
  };
  debug("child process in init()");
  die_with_parent(); // I7
  forget_surroundings(plan.process.kept_fds);
  enter_user_namespace(plan, parent);
  enter_ipc_namespace(plan);
  enter_cgroup_namespace(plan, parent);
  join_session_keyring(plan.process);
  if (plan.new_namespaces & CLONE_NEWNET) bring_up_loopback();

  Rootfs root = Rootfs::build(plan, parent);
  write_sysctls(plan, root);
  if (plan.waits_for_runtime_hooks) {
    parent.send_mounted();
    parent.wait_for(launch::Kind::hooks_done);
  }
  // runc has them stand in the root, by its descriptor: the way there may be closed to root of a user namespace.
  if (!plan.hooks.create_container.empty() && !plan.hooks_in_bundle && ::fchdir(root.root().fd().get()) != 0)
    throw Error(errno, "chdir to the rootfs");
  hooks::run(hooks::Moment::createContainer, plan.hooks, own_state(plan),
             {.directory = "", .out = plan.hook_stdout, .err = plan.hook_stderr});
  root.become_root(plan); // the host is gone from here on

  if (plan.process.terminal) attach_terminal(plan.process, parent, Console::mount);
  root.make_cwd(plan.process.cwd);
  root.mask_and_lock(plan);
  set_names(plan.hostname, plan.domainname);
  set_scheduling(plan.process, plan.personality, plan.memory_policy);

  debug("init: closing the pipe to signal completion");
  const Program program = prepare_program(plan.process);
  const sys::FdRef proc = plan.process.label ? root.procfs().fd() : sys::FdRef(-1);
  const bool started = !plan.hooks.start_container.empty();
  if (started) run_start_hooks(plan, program, proc, parent);
  become_stub({.process = plan.process,
               .program = program,
               .stub = plan.stub,
               .sync = parent.fd(),
               .fifo = plan.fifo,
               .proc = proc,
               .may_set_groups = plan.may_set_groups,
               .after = started ? After::start : After::nothing});
}

} // namespace

[[noreturn]] void run(launch::InitPlan& plan, launch::ChildEnd parent) {
  try {
    build(plan, parent);
  } catch (const std::exception& error) {
    parent.send_failed(error.what());
  }
  ::_exit(1); // no destructors of the runtime's objects in this copy of it
}

} // namespace skiff::init
