// Mounts as descriptors: fsopen(2), open_tree(2), mount_setattr(2), move_mount(2). A mount gets all its attributes
// while it is detached, and is visible only when it is complete.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/sys/fd.h"

namespace skiff::sys {

// A file system being configured: fsopen(2).
class FsContext {
public:
  static Result<FsContext> try_open(const char* type);
  // fsconfig(2): one option as mount(8) writes it, "key=value" or "key".
  Result<void> try_set(std::string_view option);
  Result<void> try_set(const char* key, const char* value);
  // FSCONFIG_CMD_CREATE and fsmount(2). `attributes`: MOUNT_ATTR_*.
  Result<MountFd> try_mount(uint64_t attributes);
  // What the file system says about the last failure; empty where it says nothing.
  std::string complaint() const;

private:
  explicit FsContext(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

enum class Depth { one, recursive };

// A detached copy of the mount at `path` below `at` (an empty path: `at` itself).
Result<MountFd> try_clone_tree(FdRef at, const char* path, Depth depth, bool follow_last = true);

// A new mount namespace (its file) whose root is a copy of this tree: OPEN_TREE_NAMESPACE of Linux 7.0. EINVAL before.
Result<Fd> try_namespace_of_tree(FdRef tree);

struct Attributes {
  uint64_t set = 0;         // MOUNT_ATTR_*
  uint64_t clear = 0;       // MOUNT_ATTR_*
  uint64_t propagation = 0; // MS_PRIVATE, MS_SLAVE, MS_SHARED or MS_UNBINDABLE
  int user_ns = -1;         // with MOUNT_ATTR_IDMAP
};
Result<void> try_set_attributes(FdRef mount, Attributes attributes, Depth depth);

// Attaches a detached mount (or moves an attached one) onto what `target` refers to.
Result<void> try_move_mount(FdRef mount, FdRef target);

// mount(2) on a directory, for what the newer calls cannot do. `flags`: MS_*. The current directory stays.
Result<void> try_mount_on(FdRef directory, const char* source, const char* type, unsigned long flags,
                          const std::string& data);

// Makes `new_root` the root of the mount namespace and detaches the old root: pivot_root(2). The caller's root and
// current directory end there.
Result<void> try_pivot(FdRef new_root);

} // namespace skiff::sys
