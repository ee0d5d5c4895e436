#include "runtime/launch/spawn_exec.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "runtime/base/scope.h"
#include "runtime/init/exec.h"
#include "runtime/init/surroundings.h"
#include "runtime/launch/namespace_table.h"
#include "runtime/launch/stage.h"
#include "runtime/sys/file.h"

namespace skiff::launch {

namespace {

// Children of the runtime are born in the container's pid namespace while this lives.
class PidNamespace {
public:
  // Throws Error; EPERM where only root of the container's user namespace may do it.
  explicit PidNamespace(const ExecPlan& plan) {
    if (!(plan.joined & CLONE_NEWPID)) return;
    sys::Fd own = sys::open("/proc/self/ns/pid_for_children", O_RDONLY);
    sys::try_setns(own, CLONE_NEWPID).or_throw("find the way back to the own pid namespace"); // not in a user namespace
    sys::try_setns(plan.init, CLONE_NEWPID).or_throw("join the container's pid namespace");
    own_ = std::move(own);
  }
  PidNamespace(const PidNamespace&) = delete;
  PidNamespace& operator=(const PidNamespace&) = delete;
  ~PidNamespace() {
    if (own_ && !sys::try_setns(own_, CLONE_NEWPID)) ::_exit(1);
  }

private:
  sys::Fd own_;
};

// A cgroup may refuse processes of its own (EBUSY: it hands controllers to its children), or be on its way out.
sys::Child clone_into(const std::vector<sys::FdRef>& cgroups) {
  if (cgroups.empty()) return sys::try_clone({}).or_throw("clone");
  int error = 0;
  for (const sys::FdRef cgroup : cgroups) {
    Result<sys::Child> child = sys::try_clone({.into_cgroup = cgroup});
    if (child) return std::move(*child);
    error = child.error();
  }
  throw Error(error, "clone");
}

Spawned spawn_direct(ExecPlan& plan, const ExecSpawnRequest& request) {
  Channel channel = make_channel();
  const PidNamespace birthplace(plan);
  sys::Child child = clone_into(request.cgroups);
  if (child.pid == 0) {
    plan.joined &= ~uint64_t{CLONE_NEWPID}; // born in it
    init::run_exec(plan, std::move(channel.child));
  }
  return {child.pid, std::move(child.pidfd), std::move(channel.parent)};
}

// The process in between is in no pid namespace of the container. What it clones into that is out of the runtime's
// descriptors, mounts and root already.
[[noreturn]] void run_stage(ExecPlan& plan, ChildEnd parent) {
  try {
    init::die_with_parent();
    init::join_container(plan, parent);
    hand_over(0, "clone", parent, [&] { init::run_exec(plan, std::move(parent)); });
  } catch (const std::exception& error) {
    parent.send_failed(error.what());
    ::_exit(1);
  }
}

Spawned spawn_staged(ExecPlan& plan, const ExecSpawnRequest& request) {
  Channel channel = make_channel();
  const sys::Child stage = clone_into(request.cgroups);
  if (stage.pid == 0) run_stage(plan, std::move(channel.child));
  channel.child = ChildEnd();
  const Scope reap([&] {
    (void)stage.pidfd.try_signal(SIGKILL);
    (void)stage.pidfd.try_wait();
  });
  Spawned spawned{0, sys::PidFd(), std::move(channel.parent)};
  spawned.pid = receive_staged(spawned.channel, "the process");
  spawned.pidfd = sys::try_pidfd(spawned.pid).or_throw("pidfd_open");
  return spawned;
}

} // namespace

Spawned spawn_exec(ExecPlan& plan, const ExecSpawnRequest& request) {
  // I7, I9: CVE-2016-9962. The child inherits it, and is among the container's processes from birth.
  if (::prctl(PR_SET_DUMPABLE, 0) != 0) throw Error(errno, "prctl(PR_SET_DUMPABLE)");
  if (request.shape == ExecShape::staged) return spawn_staged(plan, request);
  try {
    return spawn_direct(plan, request);
  } catch (const Error& error) {
    // Without the rights of the initial user namespace.
    if (error.code() != EPERM) throw;
  }
  return spawn_staged(plan, request);
}

} // namespace skiff::launch
