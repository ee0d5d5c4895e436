// Statistics: which version counts what.
#include "runtime/cgroups/stats.h"

#include <algorithm>
#include <cerrno>

#include "runtime/base/error.h"
#include "runtime/base/messages.h"
#include "runtime/base/text.h"
#include "runtime/cgroups/cgroup.h"
#include "runtime/cgroups/stats_files.h"
#include "runtime/cgroups/tree.h"
#include "runtime/sys/file.h"

namespace skiff::cgroups {

namespace {

// Calls `v1_part` with the v1 directory of the controller, or else `v2_part` with the one in cgroup2.
template <class V1, class V2>
void read_part(const Place& place, std::string_view controller, const V1& v1_part, const V2& v2_part) {
  if (const auto* directory = legacy_directory(place, controller)) {
    if (sys::exists(*directory)) v1_part(*directory);
  } else if (!place.unified.empty()) {
    v2_part(place.unified);
  }
}

} // namespace

std::optional<std::string> StatFiles::text(std::string_view file) const {
  auto content = try_read(directory_, file);
  if (content) return std::move(*content);
  const int code = content.error();
  // EOPNOTSUPP: pressure on kernels that want psi=1 for it; ENODEV: the cgroup is being removed.
  if (code == ENOENT || code == ENODEV || code == EOPNOTSUPP) return std::nullopt;
  throw Error(code, cat("open ", directory_, '/', file));
}

std::vector<std::string> huge_page_sizes() {
  std::vector<std::string> out;
  auto dir = sys::try_open_dir(sys::FdRef(sys::kCwd), "/sys/kernel/mm/hugepages");
  if (!dir) return out;
  auto names = sys::try_list_dir(*dir);
  if (!names) return out;
  for (const auto& name : *names) {
    auto size = page_size_of(name);
    if (!size.empty()) out.push_back(std::move(size));
  }
  return out;
}

Stats read_stats(const Place& place) {
  const bool pure = place.legacy.empty();
  if (place.empty()) throw Error(std::string(messages::kCgroupNotExist));
  if (!sys::exists(pure ? place.unified : place.legacy.begin()->second)) {
    throw Error(std::string(messages::kCgroupNotExist));
  }
  Stats out;
  read_part(
      place, "cpu", [&](const auto& path) { v1::read_cpu(path, out.cpu); },
      [&](const auto& path) { out.cpu = v2::read_cpu(path); });
  if (const auto* path = legacy_directory(place, "cpuacct"); path != nullptr && sys::exists(*path)) {
    v1::read_cpuacct(*path, out.cpu);
  }
  if (const auto* path = legacy_directory(place, "cpuset"); path != nullptr && sys::exists(*path)) {
    out.cpuset = v1::read_cpuset(*path);
  }
  read_part(
      place, "memory", [&](const auto& path) { out.memory = v1::read_memory(path); },
      [&](const auto& path) { out.memory = v2::read_memory(path); });
  read_part(
      place, "pids", [&](const auto& path) { out.pids = v1::read_pids(path); },
      [&](const auto& path) { out.pids = v2::read_pids(path); });
  read_part(
      place, "blkio", [&](const auto& path) { out.block = v1::read_block(path); },
      [&](const auto& path) { out.block = v2::read_block(path); });
  read_part(
      place, "hugetlb", [&](const auto& path) { out.hugetlb = v1::read_hugetlb(path); },
      [&](const auto& path) { out.hugetlb = v2::read_hugetlb(path); });
  // On hybrid hosts cgroup2 has these files, too, but engines do not expect them there.
  if (pure) {
    out.cpu.pressure = v2::read_pressure(place.unified, "cpu.pressure");
    out.memory.pressure = v2::read_pressure(place.unified, "memory.pressure");
    out.block.pressure = v2::read_pressure(place.unified, "io.pressure");
  }
  return out;
}

} // namespace skiff::cgroups
