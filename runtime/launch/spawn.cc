#include "runtime/launch/spawn.h"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "runtime/base/scope.h"
#include "runtime/init/init.h"
#include "runtime/init/namespaces.h"
#include "runtime/init/surroundings.h"
#include "runtime/launch/birthplace.h"
#include "runtime/launch/idmap.h"
#include "runtime/launch/stage.h"
#include "runtime/sys/process.h"
#include "runtime/sys/uapi.h"

namespace skiff::launch {

namespace {

void map_ids(const InitPlan& plan, Spawned& spawned) {
  if (!(plan.new_namespaces & CLONE_NEWUSER)) return;
  write_id_maps(spawned.pid, plan.uid_mappings, plan.gid_mappings);
  spawned.channel.send_ids_mapped();
}

void kill_and_reap(const sys::PidFd& pidfd) {
  (void)pidfd.try_signal(SIGKILL);
  (void)pidfd.try_wait();
}

Spawned spawn_direct(InitPlan& plan, const SpawnRequest& request) {
  Channel channel = make_channel();
  sys::Child child;
  {
    Birthplace birthplace(plan, request.mount_ns);
    child = sys::try_clone({.flags = plan.new_namespaces & ~init::made_by_init(plan), .into_cgroup = request.cgroup})
                .or_throw("clone container init");
    if (child.pid == 0) {
      channel.parent = ParentEnd();
      (void)::close(request.state_dir.get());
      init::run(plan, std::move(channel.child));
    }
    birthplace.leave();
  }
  return {child.pid, std::move(child.pidfd), std::move(channel.parent)};
}

// The process in between: clones init as the runtime's child, tells its pid, and is gone.
[[noreturn]] void run_stage(InitPlan& plan, ChildEnd parent) {
  try {
    init::die_with_parent();
    sys::Fd time_offsets = open_time_offsets(plan);
    if (plan.joined_user) {
      sys::try_setns(plan.joined_user->fd, CLONE_NEWUSER).or_throw("join user namespace " + plan.joined_user->path);
      plan.may_set_groups = may_set_groups(::getpid());
    }
    init::enter_user_namespace(plan, parent);
    join_for_good(plan, time_offsets);
    time_offsets.reset();
    // What is done is not init's to do again.
    plan.new_namespaces &= ~uint64_t{CLONE_NEWUSER};
    plan.joined_user.reset();
    hand_over(plan.new_namespaces, "clone container init", parent, [&] { init::run(plan, std::move(parent)); });
  } catch (const std::exception& error) {
    parent.send_failed(error.what());
    ::_exit(1);
  }
}

Spawned spawn_staged(InitPlan& plan, const SpawnRequest& request) {
  Channel channel = make_channel();
  const uint64_t first = plan.new_namespaces & CLONE_NEWUSER;
  sys::Child stage = sys::try_clone({.flags = first, .into_cgroup = request.cgroup}).or_throw("clone");
  if (stage.pid == 0) {
    channel.parent = ParentEnd();
    (void)::close(request.state_dir.get());
    run_stage(plan, std::move(channel.child));
  }
  channel.child = ChildEnd();
  const Scope reap([&] { kill_and_reap(stage.pidfd); });
  Spawned spawned{stage.pid, sys::PidFd(), std::move(channel.parent)};
  map_ids(plan, spawned);
  spawned.pid = receive_staged(spawned.channel, "container init");
  spawned.pidfd = sys::try_pidfd(spawned.pid).or_throw("pidfd_open of container init");
  return spawned;
}

} // namespace

bool is_staged(const InitPlan& plan) {
  if (plan.joined_user) return true;
  if (plan.joined.empty() && !plan.new_time_ns) return false;
  if (::geteuid() != 0 || sys::in_user_namespace()) return true;
  // Made there, a time namespace belongs to the container's user namespace, so that others of it can join.
  return plan.joined.empty() && (plan.new_namespaces & CLONE_NEWUSER);
}

Spawned spawn(InitPlan& plan, const SpawnRequest& request) {
  // I7: init inherits it. Without root's rights the maps could not be written then; such an init does it itself.
  if (::geteuid() == 0 && ::prctl(PR_SET_DUMPABLE, 0) != 0) throw Error(errno, "prctl(PR_SET_DUMPABLE)");
  if (is_staged(plan)) return spawn_staged(plan, request);
  Spawned spawned = spawn_direct(plan, request);
  Scope undo([&] { kill_and_reap(spawned.pidfd); });
  map_ids(plan, spawned);
  undo.dismiss();
  return spawned;
}

} // namespace skiff::launch
