#include "runtime/init/masks.h"

#include <sys/stat.h>

#include <set>

#include "runtime/base/text.h"
#include "runtime/init/filesystem.h"
#include "runtime/init/stdio.h"
#include "runtime/sys/file.h"
#include "runtime/sys/mount.h"
#include "runtime/sys/path.h"
#include "runtime/sys/uapi.h"

namespace skiff::init {

namespace {

bool is_missing(int code) {
  return code == ENOENT || code == ENOTDIR;
}

} // namespace

void mask_paths(const sys::RootDir& root, const std::vector<std::string>& paths, const std::string& label) {
  sys::Fd null;
  sys::MountFd empty; // the first one that was attached; the others are clones of it
  std::set<std::string> seen;
  for (const std::string& path : paths) {
    if (!seen.insert(sys::clean_path(path)).second) continue;
    Result<sys::Fd> target = root.try_resolve(path);
    if (!target && is_missing(target.error())) continue;
    in([&] { return cat("can't mask path ", quote(path)); },
       [&] {
         const sys::Fd place = std::move(target).or_throw("open");
         const struct stat st = sys::try_stat(place).or_throw("stat");
         sys::MountFd cover;
         if (S_ISDIR(st.st_mode)) {
           cover =
               empty ? sys::try_clone_tree(empty, "", sys::Depth::one).or_throw("clone") : make_empty_directory(label);
         } else {
           if (!null) null = verified_null(root); // I5
           cover = sys::try_clone_tree(null, "", sys::Depth::one).or_throw("clone");
         }
         sys::try_move_mount(cover, place).or_throw("mount");
         if (S_ISDIR(st.st_mode) && !empty) empty = std::move(cover);
       });
  }
}

void make_readonly(const sys::RootDir& root, const std::string& path) {
  Result<sys::Fd> target = root.try_resolve(path);
  if (!target && is_missing(target.error())) return;
  const sys::Fd place = std::move(target).or_throw("open");
  const sys::MountFd copy = sys::try_clone_tree(place, "", sys::Depth::recursive).or_throw("clone");
  sys::try_set_attributes(copy, {.set = MOUNT_ATTR_RDONLY}, sys::Depth::one).or_throw("set read-only");
  sys::try_move_mount(copy, place).or_throw("mount");
}

} // namespace skiff::init
