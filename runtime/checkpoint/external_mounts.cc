#include "runtime/checkpoint/external_mounts.h"

#include <fcntl.h>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"

namespace skiff::checkpoint {

namespace {

std::string path_of(sys::FdRef fd) {
  return sys::read_link(sys::FdRef(sys::kCwd), cat("/proc/self/fd/", fd.get()).c_str()).value_or("");
}

} // namespace

std::string resolve_in(const sys::RootDir& root, const std::string& path) {
  const std::string clean = sys::clean_path(path);
  if (clean == "/" || clean == ".") return "/";
  if (Result<sys::Fd> found = root.try_resolve(clean)) {
    const std::string top = path_of(root.fd()), place = path_of(*found);
    if (top == "/") return place;
    if (place.size() > top.size() && sys::is_at_or_below(place, top)) return place.substr(top.size());
    return clean;
  }
  const sys::PathParts parts = sys::split_path(clean);
  const std::string parent = resolve_in(root, parts.parent);
  return cat(parent == "/" ? "" : parent, '/', parts.name);
}

std::vector<ExternalMount> external_mounts(const launch::InitPlan& plan, const cgroups::Manager& cgroup) {
  const sys::RootDir root(sys::open(plan.rootfs, O_PATH | O_DIRECTORY));
  std::vector<ExternalMount> all;
  const auto add = [&](const std::string& place, const std::string& source) {
    all.push_back({resolve_in(root, place), source});
  };
  for (const launch::PlannedMount& mount : plan.mounts) {
    // criu cannot find the mount that "/path/." is on.
    if (mount.kind == launch::PlannedMount::Kind::bind) add(mount.destination, sys::clean_path(mount.source));
    if (mount.kind != launch::PlannedMount::Kind::cgroup || plan.new_cgroup_ns) continue;
    // With a cgroup namespace, and for cgroup2 always, criu mounts them itself.
    for (const cgroups::View& view : cgroup.views())
      if (!view.name.empty()) add(cat(mount.destination, '/', view.name), view.directory);
  }
  for (const launch::PlannedDevice& device : plan.devices) add(device.path, device.path);
  return all;
}

} // namespace skiff::checkpoint
