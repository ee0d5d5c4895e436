#include "runtime/sys/path.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <vector>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"
#include "runtime/sys/uapi.h"

namespace skiff::sys {

namespace {

constexpr int kMaxSymlinks = 40; // as the kernel's own limit

// Where a symlink in the directory `parent` leads, as a path below the same root.
std::string target_path(const std::string& parent, const std::string& target) {
  return target.starts_with('/') ? target : cat(parent, '/', target);
}

Result<Fd> openat2(FdRef at, std::string_view path, int flags, mode_t mode, uint64_t resolve) {
  const std::string relative = path.empty() ? "." : std::string(path);
  open_how how{};
  how.flags = static_cast<uint64_t>(flags | O_CLOEXEC);
  how.mode = mode;
  how.resolve = resolve;
  // EAGAIN: a rename raced with the ".." of the walk, and the kernel could not tell whether it stayed inside.
  constexpr int kAttempts = 32;
  for (int i = 0; i < kAttempts; ++i) {
    const long fd = ::syscall(SYS_openat2, at.get(), relative.c_str(), &how, sizeof how);
    if (fd >= 0) return Fd(static_cast<int>(fd));
    if (errno != EAGAIN && errno != EINTR) break;
  }
  return Errno::last();
}

} // namespace

Result<Fd> RootDir::try_resolve(std::string_view path, Symlinks symlinks) const {
  const uint64_t refuse = symlinks == Symlinks::refuse ? RESOLVE_NO_SYMLINKS : RESOLVE_NO_MAGICLINKS;
  return openat2(dir_, path, O_PATH, 0, RESOLVE_IN_ROOT | refuse); // I4
}

Result<Fd> RootDir::try_open(std::string_view path, int flags, mode_t mode) const {
  return openat2(dir_, path, flags, mode, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS); // I4
}

Result<Fd> RootDir::try_make_dirs(std::string_view path, mode_t mode, Looked looked) const {
  return looked == Looked::it_is_missing ? make_missing_dirs(path, mode, kMaxSymlinks)
                                         : make_dirs(path, mode, kMaxSymlinks);
}

Result<Fd> RootDir::make_dirs(std::string_view path, mode_t mode, int depth) const {
  Result<Fd> there = try_open(path, O_PATH | O_DIRECTORY);
  return there || there.error() != ENOENT ? std::move(there) : make_missing_dirs(path, mode, depth);
}

Result<Fd> RootDir::make_missing_dirs(std::string_view path, mode_t mode, int depth) const {
  const PathParts parts = split_path(path);
  if (parts.name.empty() || parts.name == "..") return Errno{ENOENT};
  Result<Fd> parent = make_dirs(parts.parent, mode, depth);
  if (!parent) return parent;
  if (const Result<void> made = try_mkdir(*parent, parts.name.c_str(), mode); !made && made.error() != EEXIST)
    return Errno{made.error()};
  Result<Fd> made =
      openat2(*parent, parts.name, O_PATH | O_DIRECTORY | O_NOFOLLOW, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
  if (made || depth == 0) return made;
  // A symlink to what does not exist yet: that is made, inside the root as everything.
  const std::optional<std::string> target = read_link(*parent, parts.name.c_str());
  if (!target) return made;
  return make_dirs(target_path(parts.parent, *target), mode, depth - 1);
}

Result<Fd> RootDir::try_make_file(std::string_view path, mode_t mode, Looked looked) const {
  return looked == Looked::it_is_missing ? make_missing_file(path, mode, kMaxSymlinks)
                                         : make_file(path, mode, kMaxSymlinks);
}

Result<Fd> RootDir::make_file(std::string_view path, mode_t mode, int depth) const {
  if (Result<Fd> there = try_resolve(path)) {
    Result<struct stat> st = try_stat(*there);
    if (st && S_ISDIR(st->st_mode)) return Errno{EISDIR};
    return there;
  } else if (there.error() != ENOENT) {
    return there;
  }
  return make_missing_file(path, mode, depth);
}

Result<Fd> RootDir::make_missing_file(std::string_view path, mode_t mode, int depth) const {
  const PathParts parts = split_path(path);
  if (parts.name.empty() || parts.name == "..") return Errno{ENOENT};
  Result<Fd> parent = try_make_dirs(parts.parent, 0755);
  if (!parent) return parent;
  Result<Fd> file = openat2(*parent, parts.name, O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, mode,
                            RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
  if (!file && file.error() != EEXIST) return file;
  if (!file && depth > 0) {
    // As with directories: what a symlink to nowhere names is made.
    if (const std::optional<std::string> target = read_link(*parent, parts.name.c_str()))
      return make_file(target_path(parts.parent, *target), mode, depth - 1);
  }
  return openat2(*parent, parts.name, O_PATH | O_NOFOLLOW, 0, RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS);
}

PathParts split_path(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return {".", std::string(path)};
  if (slash == 0) return {"/", std::string(path.substr(1))};
  return {std::string(path.substr(0, slash)), std::string(path.substr(slash + 1))};
}

std::string clean_path(std::string_view path) {
  if (path.empty()) return ".";
  const bool absolute = path.front() == '/';
  std::vector<std::string_view> kept;
  for (const std::string_view piece : split(path, '/')) {
    if (piece.empty() || piece == ".") continue;
    if (piece == ".." && !kept.empty() && kept.back() != "..") {
      kept.pop_back();
    } else if (piece != ".." || !absolute) {
      kept.push_back(piece);
    }
  }
  std::string clean = absolute ? "/" : "";
  for (size_t i = 0; i < kept.size(); ++i) {
    if (i > 0) clean += '/';
    clean += kept[i];
  }
  return clean.empty() ? "." : clean;
}

bool is_at_or_below(const std::string& path, const std::string& top) {
  return top == "/" || cat(path, '/').starts_with(cat(top, '/'));
}

} // namespace skiff::sys
