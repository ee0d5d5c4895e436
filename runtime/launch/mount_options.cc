#include "runtime/launch/mount_options.h"

#include <sys/mount.h>

#include <algorithm>
#include <array>

#include "runtime/sys/uapi.h"

namespace skiff::launch {

namespace {

enum class Effect {
  nothing,
  set,
  clear,
  set_recursive,
  clear_recursive,
  propagation,
  propagation_recursive,
  superblock, // a flag of the file system, with a name of its own there
  bind,
  recursive_bind,
  copy_up,
  id_mapping,
  id_mapping_recursive,
  copy_symlink,
  source_nofollow,
  target_nofollow,
};

struct Entry {
  std::string_view name;
  Effect effect;
  uint64_t value = 0;
};

// Sorted by name; a unit test checks it.
constexpr std::array kTable{
    Entry{"async", Effect::superblock},
    Entry{"atime", Effect::clear, MOUNT_ATTR_NOATIME},
    Entry{"bind", Effect::bind},
    Entry{"copy-symlink", Effect::copy_symlink},
    Entry{"defaults", Effect::nothing},
    Entry{"dest-nofollow", Effect::target_nofollow},
    Entry{"dev", Effect::clear, MOUNT_ATTR_NODEV},
    Entry{"diratime", Effect::clear, MOUNT_ATTR_NODIRATIME},
    Entry{"dirsync", Effect::superblock},
    Entry{"exec", Effect::clear, MOUNT_ATTR_NOEXEC},
    Entry{"idmap", Effect::id_mapping},
    Entry{"iversion", Effect::nothing}, // file systems that can do it always do, and fsconfig(2) has no word for it
    Entry{"lazytime", Effect::superblock},
    Entry{"loud", Effect::nothing},
    Entry{"mand", Effect::superblock},
    Entry{"noatime", Effect::set, MOUNT_ATTR_NOATIME},
    Entry{"nodev", Effect::set, MOUNT_ATTR_NODEV},
    Entry{"nodiratime", Effect::set, MOUNT_ATTR_NODIRATIME},
    Entry{"noexec", Effect::set, MOUNT_ATTR_NOEXEC},
    Entry{"noiversion", Effect::nothing},
    Entry{"nolazytime", Effect::superblock},
    Entry{"nomand", Effect::superblock},
    Entry{"norelatime", Effect::clear, MOUNT_ATTR_RELATIME},
    Entry{"nostrictatime", Effect::clear, MOUNT_ATTR_STRICTATIME},
    Entry{"nosuid", Effect::set, MOUNT_ATTR_NOSUID},
    Entry{"nosymfollow", Effect::set, MOUNT_ATTR_NOSYMFOLLOW},
    Entry{"private", Effect::propagation, MS_PRIVATE},
    Entry{"ratime", Effect::clear_recursive, MOUNT_ATTR_NOATIME},
    Entry{"rbind", Effect::recursive_bind},
    Entry{"rdev", Effect::clear_recursive, MOUNT_ATTR_NODEV},
    Entry{"rdiratime", Effect::clear_recursive, MOUNT_ATTR_NODIRATIME},
    Entry{"relatime", Effect::set, MOUNT_ATTR_RELATIME},
    Entry{"remount", Effect::nothing},
    Entry{"rexec", Effect::clear_recursive, MOUNT_ATTR_NOEXEC},
    Entry{"ridmap", Effect::id_mapping_recursive},
    Entry{"rnoatime", Effect::set_recursive, MOUNT_ATTR_NOATIME},
    Entry{"rnodev", Effect::set_recursive, MOUNT_ATTR_NODEV},
    Entry{"rnodiratime", Effect::set_recursive, MOUNT_ATTR_NODIRATIME},
    Entry{"rnoexec", Effect::set_recursive, MOUNT_ATTR_NOEXEC},
    Entry{"rnorelatime", Effect::clear_recursive, MOUNT_ATTR_RELATIME},
    Entry{"rnostrictatime", Effect::clear_recursive, MOUNT_ATTR_STRICTATIME},
    Entry{"rnosuid", Effect::set_recursive, MOUNT_ATTR_NOSUID},
    Entry{"rnosymfollow", Effect::set_recursive, MOUNT_ATTR_NOSYMFOLLOW},
    Entry{"ro", Effect::set, MOUNT_ATTR_RDONLY},
    Entry{"rprivate", Effect::propagation_recursive, MS_PRIVATE},
    Entry{"rrelatime", Effect::set_recursive, MOUNT_ATTR_RELATIME},
    Entry{"rro", Effect::set_recursive, MOUNT_ATTR_RDONLY},
    Entry{"rrw", Effect::clear_recursive, MOUNT_ATTR_RDONLY},
    Entry{"rshared", Effect::propagation_recursive, MS_SHARED},
    Entry{"rslave", Effect::propagation_recursive, MS_SLAVE},
    Entry{"rstrictatime", Effect::set_recursive, MOUNT_ATTR_STRICTATIME},
    Entry{"rsuid", Effect::clear_recursive, MOUNT_ATTR_NOSUID},
    Entry{"rsymfollow", Effect::clear_recursive, MOUNT_ATTR_NOSYMFOLLOW},
    Entry{"runbindable", Effect::propagation_recursive, MS_UNBINDABLE},
    Entry{"rw", Effect::clear, MOUNT_ATTR_RDONLY},
    Entry{"shared", Effect::propagation, MS_SHARED},
    Entry{"silent", Effect::nothing},
    Entry{"slave", Effect::propagation, MS_SLAVE},
    Entry{"src-nofollow", Effect::source_nofollow},
    Entry{"strictatime", Effect::set, MOUNT_ATTR_STRICTATIME},
    Entry{"suid", Effect::clear, MOUNT_ATTR_NOSUID},
    Entry{"symfollow", Effect::clear, MOUNT_ATTR_NOSYMFOLLOW},
    Entry{"sync", Effect::superblock},
    Entry{"tmpcopyup", Effect::copy_up},
    Entry{"unbindable", Effect::propagation, MS_UNBINDABLE},
};

static_assert(std::ranges::is_sorted(kTable, {}, &Entry::name));

// The access time modes are one field of two bits: each word replaces the whole of it, and "relatime" is its zero.
constexpr uint64_t kAtimeModes = MOUNT_ATTR__ATIME;
constexpr bool is_atime_mode(uint64_t value) {
  return value == MOUNT_ATTR_RELATIME || (value & kAtimeModes) != 0;
}

// The last word on a bit wins: "ro,rw" is writable.
void put(uint64_t& set, uint64_t& clear, uint64_t value) {
  if (is_atime_mode(value)) set &= ~kAtimeModes;
  set |= value;
  clear = is_atime_mode(value) ? clear | kAtimeModes : clear & ~value;
}

void remove(uint64_t& set, uint64_t& clear, uint64_t value) {
  const uint64_t bits = is_atime_mode(value) ? kAtimeModes : value;
  set &= ~bits;
  clear |= bits;
}

// As mount(8) and runc have it, "atime" and its like only take back a word before them, and never change what is there.
constexpr uint64_t kAtimeBits = kAtimeModes | MOUNT_ATTR_NODIRATIME;
void remove_of_mount(MountOptions& out, uint64_t value) {
  if (value == MOUNT_ATTR_RELATIME || (value & kAtimeBits)) {
    if (out.set & value & kAtimeModes) out.clear &= ~kAtimeModes;
    out.set &= ~value;
  } else {
    remove(out.set, out.clear, value);
  }
}

void apply(MountOptions& out, const Entry& entry) {
  switch (entry.effect) {
  case Effect::nothing:
    break;
  case Effect::set:
    out.names_flags = true;
    put(out.set, out.clear, entry.value);
    break;
  case Effect::clear:
    out.names_flags = true;
    remove_of_mount(out, entry.value);
    break;
  case Effect::set_recursive:
    put(out.set_recursive, out.clear_recursive, entry.value);
    break;
  case Effect::clear_recursive:
    remove(out.set_recursive, out.clear_recursive, entry.value);
    break;
  case Effect::propagation:
    out.propagation.push_back({entry.value, false});
    break;
  case Effect::propagation_recursive:
    out.propagation.push_back({entry.value, true});
    break;
  case Effect::superblock:
    out.data.emplace_back(entry.name);
    break;
  case Effect::bind:
    out.bind = true;
    break;
  case Effect::recursive_bind:
    out.bind = out.recursive = true;
    break;
  case Effect::copy_up:
    out.copy_up = true;
    break;
  case Effect::id_mapping:
    out.id_mapping = IdMapping::mount;
    break;
  case Effect::id_mapping_recursive:
    out.id_mapping = IdMapping::recursive;
    break;
  case Effect::copy_symlink:
    out.copy_symlink = true;
    break;
  case Effect::source_nofollow:
    out.source_nofollow = true;
    break;
  case Effect::target_nofollow:
    out.target_nofollow = true;
    break;
  }
}

} // namespace

namespace {

// "idmap=..." and "ridmap=...": mappings of the mount's own, in the option.
bool take_id_map(MountOptions& out, std::string_view option) {
  constexpr std::string_view kOne = "idmap=", kAll = "ridmap=";
  const bool one = option.starts_with(kOne);
  if (!one && !option.starts_with(kAll)) return false;
  out.id_mapping = one ? IdMapping::mount : IdMapping::recursive;
  out.id_map_text = option.substr((one ? kOne : kAll).size());
  return true;
}

} // namespace

MountOptions parse_mount_options(const std::vector<std::string>& options) {
  MountOptions out;
  for (const std::string& option : options) {
    if (option.empty()) continue; // podman writes them
    const auto entry = std::ranges::lower_bound(kTable, option, {}, [](const Entry& e) { return e.name; });
    if (entry != kTable.end() && entry->name == option) {
      apply(out, *entry);
    } else if (!take_id_map(out, option)) {
      out.data.push_back(option);
    }
  }
  return out;
}

std::vector<std::string> mount_option_names() {
  std::vector<std::string> names;
  for (const Entry& entry : kTable) names.emplace_back(entry.name);
  return names;
}

} // namespace skiff::launch
