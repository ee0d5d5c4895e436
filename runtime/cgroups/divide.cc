// Hybrid hosts.
#include "runtime/cgroups/divide.h"

#include "runtime/base/error.h"
#include "runtime/cgroups/settings.h"

namespace skiff::cgroups {

namespace {

void check_unified(const oci::Resources& resources, const Layout& layout) {
  if (layout.legacy.empty()) return;
  for (const auto& [name, value] : resources.unified) {
    const auto controller = controller_of(name);
    const bool in_cgroup2 = controller == "cgroup" || layout.unified_has(controller);
    if (!layout.unified_mount.empty() && in_cgroup2) continue;
    throw Error("invalid configuration: cannot use unified on cgroup v1");
  }
}

oci::CpuLimits only_cpuset(const oci::CpuLimits& cpu) {
  oci::CpuLimits out;
  out.cpus = cpu.cpus;
  out.mems = cpu.mems;
  return out;
}

oci::CpuLimits without_cpuset(oci::CpuLimits cpu) {
  cpu.cpus.clear();
  cpu.mems.clear();
  return cpu;
}

} // namespace

Parts divide(const oci::Resources& resources, const Layout& layout) {
  check_unified(resources, layout);
  Parts out;
  const auto part_of = [&](std::string_view v1_name, std::string_view v2_name) -> oci::Resources& {
    if (layout.legacy.empty()) return out.unified;
    return layout.hierarchy_of(v1_name) == nullptr && layout.unified_has(v2_name) ? out.unified : out.legacy;
  };
  part_of("memory", "memory").memory = resources.memory;
  part_of("pids", "pids").pids = resources.pids;
  part_of("blkio", "io").block_io = resources.block_io;
  part_of("hugetlb", "hugetlb").hugepage_limits = resources.hugepage_limits;
  part_of("net_cls", "net_cls").network = resources.network;
  part_of("rdma", "rdma").rdma = resources.rdma;
  if (resources.cpu) {
    auto& cpu = part_of("cpu", "cpu");
    auto& cpuset = part_of("cpuset", "cpuset");
    if (&cpu == &cpuset) {
      cpu.cpu = resources.cpu;
    } else {
      cpu.cpu = without_cpuset(*resources.cpu);
      cpuset.cpu = only_cpuset(*resources.cpu);
    }
  }
  out.unified.unified = resources.unified;
  return out;
}

} // namespace skiff::cgroups
