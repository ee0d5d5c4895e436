#include "runtime/init/namespaces.h"

#include <grp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "runtime/init/surroundings.h"
#include "runtime/sys/process.h"
#include "runtime/sys/uapi.h"

namespace skiff::init {

uint64_t made_by_init(const launch::InitPlan& plan) {
  return plan.new_namespaces & CLONE_NEWUSER ? plan.new_namespaces & CLONE_NEWIPC : 0;
}

void become_root(bool may_set_groups) {
  if (::setresgid(0, 0, 0) != 0) throw Error(errno, "setresgid to root of the user namespace");
  if (::setresuid(0, 0, 0) != 0) throw Error(errno, "setresuid to root of the user namespace");
  if (may_set_groups) (void)::setgroups(0, nullptr);
  if (::prctl(PR_SET_DUMPABLE, 0) != 0) throw Error(errno, "prctl(PR_SET_DUMPABLE)"); // I7
  die_with_parent();
}

void enter_user_namespace(const launch::InitPlan& plan, launch::ChildEnd& parent) {
  const bool is_new = plan.new_namespaces & CLONE_NEWUSER;
  if (!is_new && !plan.joined_user) return;
  if (is_new) {
    parent.wait_for(launch::Kind::ids_mapped);
    if (plan.uid_mappings.empty()) return; // crun's callers: nobody is mapped, so there is no root to become
  }
  become_root(plan.may_set_groups && !plan.process.keep_groups);
}

void enter_ipc_namespace(const launch::InitPlan& plan) {
  if (made_by_init(plan) & CLONE_NEWIPC) sys::try_unshare(CLONE_NEWIPC).or_throw("unshare ipc namespace");
}

void enter_cgroup_namespace(const launch::InitPlan& plan, launch::ChildEnd& parent) {
  if (plan.waits_for_joined) parent.wait_for(launch::Kind::joined);
  if (plan.new_cgroup_ns) sys::try_unshare(CLONE_NEWCGROUP).or_throw("unshare cgroup namespace");
}

} // namespace skiff::init
