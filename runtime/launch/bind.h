// The source of a bind mount as a detached tree, with all its attributes. Used by the runtime for every bind that it
// may open, and by init for those that only it may (rootless).
#pragma once

#include <sys/stat.h>

#include <optional>
#include <set>
#include <utility>

#include "runtime/launch/plan.h"
#include "runtime/sys/fd.h"

namespace skiff::launch {

enum class Inherit { as_slave, as_peer }; // what a bind of a shared mount becomes, unless its options say
Inherit inherit_of(oci::RootfsPropagation root);

// Clones `source` of the mount and sets the mount's options on the copy. `user_ns`: for idmapped mounts, else -1.
// Throws Error with the mount's own words around it.
sys::MountFd open_bind(const PlannedMount& mount, Inherit inherit, sys::FdRef user_ns);

// Lets the mount's ids be translated as its options want, while it is detached. Throws Error.
void set_id_mapping(sys::FdRef tree, const MountOptions& options, sys::FdRef user_ns);

// The mount's options, on what it has become; for one that is to be renewed without those of apply_options(). Throws
// Error.
void set_bind_options(sys::FdRef tree, const PlannedMount& mount, Inherit inherit);

// Where files of mount namespaces are mounted, as snapd, `unshare --mount=FILE` and the launchpad leave them.
// move_mount(2) refuses a tree with one of a namespace older than the caller's; mount(2) takes it.
class MountNamespaceFiles {
public:
  // Whether one is below the directory, however that is called. The first call reads the mount table, which may be
  // long.
  bool any_below(const struct stat& directory);

private:
  std::optional<std::set<std::pair<dev_t, ino_t>>> above_; // the directories that have one below them
};

// The recursive attributes and the propagation that the options ask for, on a detached mount. Throws Error.
void apply_options(sys::FdRef mount, const MountOptions& options);

} // namespace skiff::launch
