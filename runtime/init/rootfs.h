// The container's root file system, from a detached tree to "/". Order and reasons: design, section 4.
#pragma once

#include <string>
#include <vector>

#include "runtime/launch/plan.h"
#include "runtime/launch/protocol.h"
#include "runtime/sys/path.h"
#include "runtime/sys/procfs.h"

namespace skiff::init {

class Rootfs {
public:
  // Attaches the root and all that is mounted in it. Nothing of it is visible to anybody else. Throws Error.
  static Rootfs build(launch::InitPlan& plan, launch::ChildEnd& parent);

  const sys::RootDir& root() const { return root_; }
  // The container's own procfs, before anybody could prepare it; one of init's own where it mounts none, or one that
  // shows or takes less than all (I6).
  const sys::ProcFs& procfs();

  // pivot_root, or what replaces it. Every path means the container's from here on.
  void become_root(const launch::InitPlan& plan);
  // The directory of the program is made if the image lacks it, as runc does.
  void make_cwd(const std::string& cwd);
  // Masked and read-only paths, the mounts that had to stay writable until now, the read-only root.
  void mask_and_lock(const launch::InitPlan& plan);

private:
  explicit Rootfs(sys::Fd root) : root_(std::move(root)) {}
  void make_dev(launch::InitPlan& plan);

  sys::RootDir root_;
  std::optional<sys::ProcFs> procfs_;
  std::vector<sys::MountFd> lock_later_; // read-only ones that others are mounted in
};

} // namespace skiff::init
