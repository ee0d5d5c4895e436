#include "runtime/cgroups/delegate.h"

#include <unistd.h>

#include <cerrno>

#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/cgroups/layout.h"
#include "runtime/cgroups/tree.h"
#include "runtime/cgroups/v2.h"
#include "runtime/sys/file.h"

namespace skiff::cgroups {

namespace {

// The directory, and those of its files that the kernel says a delegation includes.
void give(const std::string& directory, Owner owner) {
  const sys::DirFd dir = sys::open_dir(directory);
  if (::fchown(dir.get(), owner.uid, owner.gid) != 0) throw Error(errno, cat("chown ", directory));
  Result<std::string> files = sys::try_read_file(sys::FdRef(sys::kCwd), "/sys/kernel/cgroup/delegate");
  if (!files) return; // before Linux 4.15
  for (const std::string_view file : lines(*files)) {
    const std::string name(file);
    if (::fchownat(dir.get(), name.c_str(), owner.uid, owner.gid, 0) != 0 && errno != ENOENT)
      throw Error(errno, cat("chown ", directory, '/', name));
  }
}

} // namespace

void delegate(const Place& place, const std::string& path, int pid, Owner owner) {
  if (place.empty()) throw Error("delegate-cgroup: the container has no cgroup");
  if (!place.legacy.empty()) throw Error("delegate-cgroup not supported on cgroup v1");
  const std::string target = cat(place.unified, '/', path);
  NewDirectories made;
  (void)made.make_below(place.unified, target);
  write(target, "cgroup.procs", cat(pid));
  // Only now: a cgroup with processes cannot hand controllers down.
  const Layout layout = detect_layout(OwnCgroup::NotNeeded);
  (void)v2::create(made, layout.unified_mount, target, {.required = {}, .optional = layout.unified_controllers});
  give(target, owner);
  made.keep();
}

} // namespace skiff::cgroups
