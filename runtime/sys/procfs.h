// A procfs that no container can have prepared (I6): a mount of our own, never the visible /proc of the container.
#pragma once

#include <string_view>

#include "runtime/base/result.h"
#include "runtime/sys/fd.h"

namespace skiff::sys {

// There is no method that takes an absolute path: all are below the root of the procfs.
class ProcFs {
public:
  // A detached procfs of the caller's pid namespace, seen by nobody else. Where the kernel refuses one (a user
  // namespace without a fully visible /proc), the visible one is taken if it is a procfs, and its root.
  static Result<ProcFs> try_open();
  // Takes the mount that the caller has just made itself.
  static ProcFs of(Fd mount) { return ProcFs(std::move(mount)); }

  FdRef fd() const noexcept { return mount_; }
  // openat2(2) below it: no symlink, no magic link, no other mount on the way. `path`: "sys/kernel/domainname".
  Result<Fd> try_open(std::string_view path, int flags) const;
  Result<void> try_write(std::string_view path, std::string_view bytes) const;

private:
  explicit ProcFs(Fd mount) : mount_(std::move(mount)) {}
  Fd mount_;
};

} // namespace skiff::sys
