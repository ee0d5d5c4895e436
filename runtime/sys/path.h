// Paths below a root that is hostile: openat2(2) with RESOLVE_IN_ROOT, one resolution a use (I4).
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/sys/fd.h"

namespace skiff::sys {

enum class Symlinks { follow, refuse };
enum class Looked { not_yet, it_is_missing };

// A directory that no path resolved through it can leave: "..", absolute symlinks and all end inside.
class RootDir {
public:
  RootDir() = default;
  // Takes an O_PATH or readable directory, or the root of a mount.
  explicit RootDir(Fd dir) : dir_(std::move(dir)) {}

  FdRef fd() const noexcept { return dir_; }
  explicit operator bool() const noexcept { return static_cast<bool>(dir_); }

  // An O_PATH reference to what `path` names; ELOOP for a magic link, or for any symlink with Symlinks::refuse.
  Result<Fd> try_resolve(std::string_view path, Symlinks symlinks = Symlinks::follow) const;
  // Opens below the root. `flags` as open(2); a last component that is a symlink is followed inside the root unless
  // O_NOFOLLOW is given.
  Result<Fd> try_open(std::string_view path, int flags, mode_t mode = 0) const;

  // mkdir -p below the root, symlinks on the way followed inside it; returns an O_PATH reference to the directory.
  Result<Fd> try_make_dirs(std::string_view path, mode_t mode, Looked looked = Looked::not_yet) const;
  // An empty regular file, with its parents, where symlinks lead to; an existing non-directory of any kind will do.
  // O_PATH reference.
  Result<Fd> try_make_file(std::string_view path, mode_t mode, Looked looked = Looked::not_yet) const;

private:
  Result<Fd> make_dirs(std::string_view path, mode_t mode, int depth) const;
  Result<Fd> make_missing_dirs(std::string_view path, mode_t mode, int depth) const;
  Result<Fd> make_file(std::string_view path, mode_t mode, int depth) const;
  Result<Fd> make_missing_file(std::string_view path, mode_t mode, int depth) const;

  Fd dir_;
};

// Parent and last component of a path: "/a/b/" -> {"/a", "b"}. The name of "/" is empty.
struct PathParts {
  std::string parent;
  std::string name;
};
PathParts split_path(std::string_view path);
// Lexical cleaning as Go's filepath.Clean: no ".", "..", "//" left but leading ".." of a relative path.
std::string clean_path(std::string_view path);
// Whether a clean absolute path is `top`, likewise clean, or below it.
bool is_at_or_below(const std::string& path, const std::string& top);

} // namespace skiff::sys
