// The place of a container's cgroup.
#include "runtime/cgroups/paths.h"

#include <vector>

#include "runtime/base/error.h"
#include "runtime/base/text.h"

namespace skiff::cgroups {

namespace {

std::string inner_path(const Request& request) {
  std::string inner = clean_path(request.cgroups_path);
  return inner.empty() ? clean_path(request.id) : inner;
}

// The runtime's parent cgroup in cgroup2. A path with ".." is outside of our cgroup namespace: nothing can be made
// there.
std::string parent_of_own(const Layout& layout) {
  const std::string_view own = layout.unified_own;
  if (own.starts_with("/..")) throw Error(cat("invalid cgroup path ", own));
  const auto slash = own.rfind('/');
  return slash == std::string_view::npos ? std::string() : std::string(own.substr(0, slash));
}

} // namespace

std::string join(std::string_view a, std::string_view b) {
  while (b.starts_with('/')) b.remove_prefix(1);
  if (b.empty()) return std::string(a);
  if (a.empty()) return std::string(b);
  return a.ends_with('/') ? cat(a, b) : cat(a, '/', b);
}

std::string clean_path(std::string_view path) {
  std::vector<std::string_view> kept;
  for (const auto piece : split(path, '/')) {
    if (piece.empty() || piece == ".") continue;
    if (piece != "..") {
      kept.push_back(piece);
    } else if (!kept.empty()) {
      kept.pop_back();
    }
  }
  std::string out;
  for (const auto piece : kept) out = out.empty() ? std::string(piece) : cat(out, '/', piece);
  return path.starts_with('/') ? cat('/', out) : out;
}

OwnCgroup own_cgroup_for(const Request& request) {
  if (request.driver == Driver::Systemd) return OwnCgroup::NotNeeded;
  return request.cgroups_path.starts_with('/') ? OwnCgroup::NotNeeded : OwnCgroup::Needed;
}

Place place_for_unit(const Layout& layout, const Unit& unit, std::string_view subgroup, Systemd systemd) {
  const std::string path = join(join(slice_path(unit.slice), unit.name), subgroup);
  Place out;
  for (const auto& hierarchy : layout.legacy) out.legacy[hierarchy.name] = join(hierarchy.mount_point, path);
  const bool is_user = systemd == Systemd::User;
  if (!layout.unified_mount.empty() && !is_user) out.unified = join(layout.unified_mount, path);
  out.unit = unit.name;
  out.user_systemd = is_user;
  return out;
}

Place place_for(const Layout& layout, const Request& request) {
  const std::string inner = inner_path(request);
  // The root of a hierarchy is everybody's.
  if (inner.empty() || inner == "/") throw Error(cat("invalid cgroup path ", quote(request.cgroups_path)));
  const bool absolute = inner.starts_with('/');
  Place out;
  for (const auto& hierarchy : layout.legacy) {
    const std::string base = absolute ? hierarchy.mount_point : join(hierarchy.mount_point, hierarchy.own);
    out.legacy[hierarchy.name] = join(base, inner);
  }
  if (!layout.unified_mount.empty()) {
    const bool beside = !absolute && layout.only_unified();
    const std::string base = beside ? join(layout.unified_mount, parent_of_own(layout)) : layout.unified_mount;
    out.unified = join(base, inner);
  }
  return out;
}

} // namespace skiff::cgroups
