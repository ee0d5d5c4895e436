// Mount option strings (config.md, "Linux mount options"; mount(8)) to what the kernel is told, by one table.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace skiff::launch {

// How ids of an idmapped mount are looked up: config.md, idmap and ridmap.
enum class IdMapping { none, mount, recursive };

struct MountOptions {
  uint64_t set = 0; // MOUNT_ATTR_*, of the mount itself
  uint64_t clear = 0;
  bool names_flags = false;   // some option is about these
  uint64_t set_recursive = 0; // MOUNT_ATTR_*, of it and all below ("rro", "rnosuid", ...)
  uint64_t clear_recursive = 0;
  bool bind = false;      // "bind" or "rbind"
  bool recursive = false; // "rbind"
  struct Propagation {
    uint64_t type; // MS_PRIVATE, MS_SHARED, MS_SLAVE, MS_UNBINDABLE
    bool recursive;
  };
  std::vector<Propagation> propagation; // in the order given
  std::vector<std::string> data;        // for the file system: "size=64k", "sync", ...
  bool copy_up = false;                 // "tmpcopyup": a tmpfs starts with what the image has at that place
  IdMapping id_mapping = IdMapping::none;
  std::string id_map_text;      // crun: what stands behind "idmap=", e.g. "uids=0-1-10#10-11-10;gids=@0-100-10"
  bool copy_symlink = false;    // crun: bind the symlink's own inode as a new symlink
  bool source_nofollow = false; // crun: "src-nofollow"
  bool target_nofollow = false; // crun: "dest-nofollow"
};

// Everything unknown goes to the file system, as mount(8) does it.
MountOptions parse_mount_options(const std::vector<std::string>& options);

// The names that the table knows, sorted: for `features`.
std::vector<std::string> mount_option_names();

} // namespace skiff::launch
