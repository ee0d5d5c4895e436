#include "runtime/launch/mount_namespace.h"

#include <sched.h>

#include <algorithm>

#include "runtime/base/text.h"
#include "runtime/launch/launchpad.h"
#include "runtime/launch/spawn.h"
#include "runtime/sys/mount.h"
#include "runtime/sys/path.h"
#include "runtime/sys/process.h"

namespace skiff::launch {

namespace {

// Saves attaching the root and pivot_root(2), which looks at every process of the host. Not for a user namespace of the
// container's, nor in one: the mount namespace would not belong to it, and without a visible procfs in there it may
// mount none.
std::optional<sys::Fd> make_of_root(const InitPlan& plan) {
  const bool is_covered = std::ranges::any_of(plan.mounts, [](const PlannedMount& mount) { return mount.covers_root; });
  if ((plan.new_namespaces & CLONE_NEWUSER) || is_covered) return std::nullopt;
  Result<sys::Fd> made = sys::try_namespace_of_tree(plan.root_tree);
  if (!made || sys::in_user_namespace()) return std::nullopt;
  return std::move(*made);
}

// A root that holds the launchpad's own file cannot be moved there: see MountNamespaceFiles.
std::optional<sys::Fd> find_launchpad(const InitPlan& plan, const std::string& shared) {
  const std::string directory = cat(shared, "/.launchpad");
  if (shared.empty() || sys::is_at_or_below(directory, plan.rootfs)) return std::nullopt;
  return open_launchpad(directory);
}

} // namespace

std::optional<sys::Fd> open_mount_namespace(InitPlan& plan, const std::string& shared) {
  const bool may_leave = plan.mounts_begin != MountsBegin::with_hosts;
  plan.mounts_begin = MountsBegin::with_hosts;
  // A process in between has no way there: it is in another user namespace already.
  if (!may_leave || is_staged(plan)) return std::nullopt;
  if (std::optional<sys::Fd> made = make_of_root(plan)) {
    plan.mounts_begin = MountsBegin::with_root;
    plan.new_namespaces &= ~uint64_t{CLONE_NEWNS};
    return made;
  }
  std::optional<sys::Fd> launchpad = find_launchpad(plan, shared);
  if (launchpad) plan.mounts_begin = MountsBegin::with_launchpad;
  return launchpad;
}

std::string_view text(MountsBegin begin) {
  switch (begin) {
  case MountsBegin::with_launchpad:
    return "the launchpad";
  case MountsBegin::with_root:
    return "a mount namespace of the root";
  case MountsBegin::with_hosts:
    break;
  }
  return "the own mount namespace";
}

} // namespace skiff::launch
