// Detection of the cgroup layout.
#include "runtime/cgroups/layout.h"

#include <algorithm>
#include <array>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"
#include "runtime/sys/mountinfo.h"
#include "runtime/sys/uapi.h"

namespace skiff::cgroups {

namespace {

// The hierarchies in which engines look for a container. Others (named ones, debug) are not ours.
constexpr std::array kKnown = {
    std::string_view("blkio"),        std::string_view("cpu"),     std::string_view("cpuacct"),
    std::string_view("cpuset"),       std::string_view("devices"), std::string_view("freezer"),
    std::string_view("hugetlb"),      std::string_view("memory"),  std::string_view("misc"),
    std::string_view("name=systemd"), std::string_view("net_cls"), std::string_view("net_prio"),
    std::string_view("perf_event"),   std::string_view("pids"),    std::string_view("rdma"),
};
static_assert(std::is_sorted(kKnown.begin(), kKnown.end()));

bool is_known(std::string_view controller) {
  return std::binary_search(kKnown.begin(), kKnown.end(), controller);
}

std::vector<std::string> words(std::string_view text, char separator) {
  std::vector<std::string> out;
  for (const auto word : split(trim(text), separator)) {
    if (!word.empty()) out.emplace_back(word);
  }
  return out;
}

bool has_magic(const std::string& path, long magic) {
  auto type = sys::try_fs_type(path.c_str());
  return type && *type == magic;
}

std::string_view without_name_prefix(std::string_view name) {
  constexpr std::string_view prefix = "name=";
  return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

// Mountinfo writes blanks and backslashes as three octal digits.
// Whether a mount shows its whole hierarchy, so that paths of /proc/self/cgroup are true below it. Only the initial
// cgroup namespace has this number (PROC_CGROUP_INIT_INO).
bool shows_whole_hierarchy(const std::string& mount_point) {
  constexpr ino_t initial_namespace = 0xEFFFFFFB;
  auto mount = sys::try_stat(sys::FdRef(sys::kCwd), mount_point.c_str());
  auto ns = sys::try_stat(sys::FdRef(sys::kCwd), "/proc/self/ns/cgroup");
  return mount && mount->st_ino == kRootInode && (!ns || ns->st_ino == initial_namespace);
}

// Mountinfo, read at most once and only when asked for.
class Mounts {
public:
  const LegacyMount* find(std::string_view controller) {
    if (!mounts_) mounts_ = parse_legacy_mounts(sys::read_file("/proc/self/mountinfo"));
    for (const auto& mount : *mounts_) {
      if (std::find(mount.options.begin(), mount.options.end(), controller) != mount.options.end()) return &mount;
    }
    return nullptr;
  }

private:
  std::optional<std::vector<LegacyMount>> mounts_;
};

std::optional<Hierarchy> find_hierarchy(const Membership& member, OwnCgroup own, Mounts& mounts) {
  Hierarchy out{member.name, words(member.name, ','), {}, {}};
  if (out.controllers.empty() || !std::all_of(out.controllers.begin(), out.controllers.end(), is_known)) return {};

  std::string usual = cat(kMountPoint, '/', without_name_prefix(member.name));
  if (has_magic(usual, CGROUP_SUPER_MAGIC)) out.mount_point = std::move(usual);
  const bool place_known = !out.mount_point.empty();
  const bool own_known = own == OwnCgroup::NotNeeded || (place_known && shows_whole_hierarchy(out.mount_point));
  if (place_known && own_known) {
    if (own == OwnCgroup::Needed) out.own = below(member.path, "/");
    return out;
  }
  const auto* mount = mounts.find(out.controllers.front());
  if (mount == nullptr) return {};
  if (!place_known) out.mount_point = mount->mount_point;
  if (own == OwnCgroup::Needed) out.own = below(member.path, mount->root);
  return out;
}

} // namespace

const Hierarchy* Layout::hierarchy_of(std::string_view controller) const {
  for (const auto& hierarchy : legacy) {
    const auto& all = hierarchy.controllers;
    if (std::find(all.begin(), all.end(), controller) != all.end()) return &hierarchy;
  }
  return nullptr;
}

bool Layout::unified_has(std::string_view controller) const {
  return std::find(unified_controllers.begin(), unified_controllers.end(), controller) != unified_controllers.end();
}

std::string below(std::string_view path, std::string_view root) {
  if (root == "/") root = {};
  if (!path.starts_with(root)) return {};
  path.remove_prefix(root.size());
  if (path.empty()) return {};
  if (path.front() != '/') return {};
  return std::string(path.substr(1));
}

std::vector<Membership> parse_proc_cgroup(std::string_view text) {
  std::vector<Membership> out;
  for (const auto line : lines(text)) {
    const auto first = line.find(':');
    const auto second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) {
      throw Error(cat("invalid cgroup entry: must contain at least two colons: ", line));
    }
    out.push_back({std::string(line.substr(first + 1, second - first - 1)), std::string(line.substr(second + 1))});
  }
  return out;
}

std::vector<LegacyMount> parse_legacy_mounts(std::string_view mountinfo) {
  std::vector<LegacyMount> out;
  sys::MountReader reader(mountinfo);
  while (const auto mount = reader.next()) {
    if (mount->type != "cgroup") continue;
    out.push_back({sys::unescape(mount->mount_point), sys::unescape(mount->root), words(mount->super_options, ',')});
  }
  return out;
}

Layout detect_layout(OwnCgroup own) {
  Layout out;
  const std::string mount_point(kMountPoint);
  auto memberships = sys::try_read_file(sys::FdRef(sys::kCwd), "/proc/self/cgroup");
  const auto own_groups = memberships ? parse_proc_cgroup(*memberships) : std::vector<Membership>{};

  if (has_magic(mount_point, CGROUP2_SUPER_MAGIC)) {
    out.unified_mount = mount_point;
  } else {
    Mounts mounts;
    for (const auto& member : own_groups) {
      if (member.name.empty()) continue;
      if (auto found = find_hierarchy(member, own, mounts)) out.legacy.push_back(std::move(*found));
    }
    const std::string hybrid = cat(kMountPoint, "/unified");
    if (has_magic(hybrid, CGROUP2_SUPER_MAGIC)) out.unified_mount = hybrid;
  }
  if (out.unified_mount.empty()) return out;

  for (const auto& member : own_groups) {
    if (member.name.empty()) out.unified_own = member.path;
  }
  const std::string file = cat(out.unified_mount, "/cgroup.controllers");
  if (auto text = sys::try_read_file(sys::FdRef(sys::kCwd), file.c_str())) out.unified_controllers = words(*text, ' ');
  return out;
}

} // namespace skiff::cgroups
