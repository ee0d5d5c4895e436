#include "runtime/init/exec.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "runtime/init/finish.h"
#include "runtime/init/keyring.h"
#include "runtime/init/namespaces.h"
#include "runtime/init/program.h"
#include "runtime/init/scheduling.h"
#include "runtime/init/surroundings.h"
#include "runtime/init/terminal.h"
#include "runtime/sys/procfs.h"
#include "runtime/sys/uapi.h"

namespace skiff::init {

namespace {

// All from `first` on but these.
void close_all_but(unsigned first, std::array<int, 4> kept) {
  std::ranges::sort(kept);
  for (const int fd : kept) {
    const auto number = static_cast<unsigned>(fd);
    if (fd < 0 || number < first) continue;
    if (number > first && ::syscall(SYS_close_range, first, number - 1, 0) != 0)
      throw Error(errno, "close the runtime's descriptors");
    first = number + 1;
  }
  if (::syscall(SYS_close_range, first, ~0U, 0) != 0) throw Error(errno, "close the runtime's descriptors");
}

void build(launch::ExecPlan& plan, launch::ChildEnd& parent) {
  die_with_parent(); // I7
  forget_surroundings(plan.process.kept_fds);
  join_container(plan, parent);
  join_session_keyring(plan.process);
  if (plan.process.terminal) attach_terminal(plan.process, parent, Console::leave);
  set_scheduling(plan.process, plan.personality, plan.memory_policy);

  const Program program = prepare_program(plan.process);
  std::optional<sys::ProcFs> proc; // I6
  if (plan.process.label) proc = sys::ProcFs::try_open().or_throw("open a procfs");
  become_stub({.process = plan.process,
               .program = program,
               .stub = plan.stub,
               .sync = parent.fd(),
               .proc = proc ? proc->fd() : sys::FdRef(-1),
               .may_set_groups = plan.may_set_groups});
}

} // namespace

void join_container(launch::ExecPlan& plan, const launch::ChildEnd& parent) {
  close_all_but(3 + plan.process.kept_fds, {parent.fd().get(), plan.stub.get(), plan.init.get(), plan.root.get()});
  // One call enters them all, the user namespace first; the rights are those from before.
  if (plan.joined != 0)
    sys::try_setns(plan.init, static_cast<int>(plan.joined)).or_throw("join the container's namespaces");
  if (plan.joined & CLONE_NEWUSER) become_root(plan.may_set_groups);
  plan.joined = 0;
  plan.init.reset();
  if (plan.root && (::fchdir(plan.root.get()) != 0 || ::chroot(".") != 0))
    throw Error(errno, "enter the container's root");
  plan.root.reset();
  if (::chdir("/") != 0) throw Error(errno, "chdir to the container's root"); // I2
}

[[noreturn]] void run_exec(launch::ExecPlan& plan, launch::ChildEnd parent) {
  try {
    build(plan, parent);
  } catch (const std::exception& error) {
    parent.send_failed(error.what());
  }
  ::_exit(1); // no destructors of the runtime's objects in this copy of it
}

} // namespace skiff::init
