// cgroup v1 limits.
#include "runtime/cgroups/limits_v1.h"

#include "runtime/base/error.h"
#include "runtime/base/text.h"

namespace skiff::cgroups {

namespace {

void add(Settings& out, std::string_view file, std::string value) {
  out.push_back({std::string(file), std::move(value)});
}

// A zero is "leave it" in every number here, as engines write zeros for what their users did not set.
template <class T> bool is_set(const std::optional<T>& value) {
  return value && *value != 0;
}

void cpuset(Settings& out, const oci::CpuLimits& cpu) {
  if (!cpu.cpus.empty()) add(out, "cpuset.cpus", cpu.cpus);
  if (!cpu.mems.empty()) add(out, "cpuset.mems", cpu.mems);
}

void memory(Settings& out, const oci::MemoryLimits& memory, const FactsV1& facts) {
  const int64_t limit = memory.limit.value_or(0);
  const int64_t swap = memory.swap.value_or(0);
  constexpr std::string_view limit_file = "memory.limit_in_bytes";
  constexpr std::string_view swap_file = "memory.memsw.limit_in_bytes";

  if (limit == -1 && swap == 0) {
    // Unlimited memory is unlimited swap too, on kernels that count swap. The kernel wants memsw >= limit at all times.
    out.push_back({std::string(swap_file), "-1", IfMissing::Ignore});
    add(out, limit_file, "-1");
  } else if (limit != 0 && swap != 0 && (swap == -1 || facts.memory_limit < static_cast<uint64_t>(swap))) {
    add(out, swap_file, cat(swap));
    add(out, limit_file, cat(limit));
  } else {
    if (limit != 0) add(out, limit_file, cat(limit));
    if (swap != 0) add(out, swap_file, cat(swap));
  }
  if (is_set(memory.reservation)) add(out, "memory.soft_limit_in_bytes", cat(*memory.reservation));
  // -1 is "no limit", which both are by themselves.
  if (memory.kernel.value_or(0) > 0)
    out.push_back({"memory.kmem.limit_in_bytes", cat(*memory.kernel), IfMissing::Fail, IfInvalid::Fail, ReadBack::Yes});
  if (memory.kernel_tcp.value_or(0) > 0) add(out, "memory.kmem.tcp.limit_in_bytes", cat(*memory.kernel_tcp));
  if (memory.use_hierarchy) add(out, "memory.use_hierarchy", *memory.use_hierarchy ? "1" : "0");
  if (memory.disable_oom_killer.value_or(false)) add(out, "memory.oom_control", "1");
  if (memory.swappiness && static_cast<int64_t>(*memory.swappiness) != -1) {
    if (*memory.swappiness > 100) {
      throw Error(cat("invalid memory swappiness value: ", *memory.swappiness, " (valid range is 0-100)"));
    }
    add(out, "memory.swappiness", cat(*memory.swappiness));
  }
}

void realtime(Settings& out, const oci::CpuLimits& cpu) {
  const bool runtime = is_set(cpu.realtime_runtime);
  if (is_set(cpu.realtime_period)) {
    out.push_back({"cpu.rt_period_us", cat(*cpu.realtime_period), IfMissing::Fail,
                   runtime ? IfInvalid::RetryLast : IfInvalid::Fail});
  }
  if (runtime) add(out, "cpu.rt_runtime_us", cat(*cpu.realtime_runtime));
}

void cpu(Settings& out, const oci::CpuLimits& cpu) {
  if (is_set(cpu.shares)) {
    // The kernel clamps silently.
    out.push_back({"cpu.shares", cat(*cpu.shares), IfMissing::Fail, IfInvalid::Fail, ReadBack::Yes});
  }
  // A new period or burst may not fit the old quota: then they go after the new one.
  const auto retry = is_set(cpu.quota) ? IfInvalid::RetryLast : IfInvalid::Fail;
  if (is_set(cpu.period)) out.push_back({"cpu.cfs_period_us", cat(*cpu.period), IfMissing::Fail, retry});
  if (cpu.burst) out.push_back({"cpu.cfs_burst_us", cat(*cpu.burst), IfMissing::Ignore, retry}); // since 5.14
  if (is_set(cpu.quota)) add(out, "cpu.cfs_quota_us", cat(*cpu.quota));
  if (cpu.idle) add(out, "cpu.idle", cat(*cpu.idle));
  realtime(out, cpu);
}

void throttle(Settings& out, std::string_view file, const std::vector<oci::ThrottleDevice>& devices) {
  for (const auto& device : devices) add(out, file, cat(device.major, ':', device.minor, ' ', device.rate));
}

void block_io(Settings& out, const oci::BlockIo& io, const FactsV1& facts) {
  const std::string prefix = facts.blkio_weight ? "blkio." : "blkio.bfq.";
  if (is_set(io.weight)) add(out, prefix + "weight", cat(*io.weight));
  if (is_set(io.leaf_weight)) add(out, "blkio.leaf_weight", cat(*io.leaf_weight));
  for (const auto& device : io.weight_device) {
    const std::string number = cat(device.major, ':', device.minor, ' ');
    if (is_set(device.weight)) add(out, prefix + "weight_device", cat(number, *device.weight));
    if (is_set(device.leaf_weight)) add(out, "blkio.leaf_weight_device", cat(number, *device.leaf_weight));
  }
  throttle(out, "blkio.throttle.read_bps_device", io.throttle_read_bps_device);
  throttle(out, "blkio.throttle.write_bps_device", io.throttle_write_bps_device);
  throttle(out, "blkio.throttle.read_iops_device", io.throttle_read_iops_device);
  throttle(out, "blkio.throttle.write_iops_device", io.throttle_write_iops_device);
}

} // namespace

Settings limits_v1(const oci::Resources& resources, const FactsV1& facts) {
  Settings out;
  if (resources.cpu) cpuset(out, *resources.cpu);
  if (resources.memory) memory(out, *resources.memory, facts);
  if (resources.cpu) cpu(out, *resources.cpu);
  if (resources.pids && resources.pids->limit) add(out, "pids.max", pids_value(*resources.pids->limit));
  if (resources.block_io) block_io(out, *resources.block_io, facts);
  for (const auto& page : resources.hugepage_limits) {
    add(out, cat("hugetlb.", page.page_size, ".limit_in_bytes"), cat(page.limit));
    out.push_back({cat("hugetlb.", page.page_size, ".rsvd.limit_in_bytes"), cat(page.limit), IfMissing::Ignore});
  }
  if (resources.network) {
    if (is_set(resources.network->class_id)) add(out, "net_cls.classid", cat(*resources.network->class_id));
    for (const auto& entry : resources.network->priorities) {
      add(out, "net_prio.ifpriomap", cat(entry.name, ' ', entry.priority));
    }
  }
  for (const auto& [device, limits] : resources.rdma) add(out, "rdma.max", rdma_value(device, limits));
  return out;
}

} // namespace skiff::cgroups
