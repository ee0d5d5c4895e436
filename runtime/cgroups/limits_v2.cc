// cgroup2 limits.
#include "runtime/cgroups/limits_v2.h"

#include <cmath>

#include "runtime/base/error.h"
#include "runtime/base/text.h"

namespace skiff::cgroups {

namespace {

void add(Settings& out, std::string_view file, std::string value) {
  out.push_back({std::string(file), std::move(value)});
}

template <class T> bool is_set(const std::optional<T>& value) {
  return value && *value != 0;
}

std::string or_max(int64_t value) {
  return value == -1 ? "max" : cat(value);
}

// What cgroup2 has no file for. To leave it out would run the container with other limits than were asked for.
void refuse_v1_only(const oci::Resources& resources) {
  const auto refuse = [](bool is_asked_for, std::string_view what) {
    if (is_asked_for) throw Error(cat("cannot set ", what, " with cgroup v2"));
  };
  if (resources.memory) {
    const oci::MemoryLimits& memory = *resources.memory;
    refuse(memory.kernel.value_or(0) > 0, "kernel memory");
    refuse(memory.kernel_tcp.value_or(0) > 0, "kernel memory of TCP");
    refuse(memory.swappiness && static_cast<int64_t>(*memory.swappiness) != -1, "memory swappiness");
    if (memory.disable_oom_killer.value_or(false)) throw Error("cannot disable OOM killer with cgroup v2");
    if (!memory.use_hierarchy.value_or(true)) throw Error("cannot set memory.useHierarchy to false with cgroup v2");
  }
  if (resources.cpu) {
    refuse(is_set(resources.cpu->realtime_period), "real-time period");
    refuse(is_set(resources.cpu->realtime_runtime), "real-time runtime");
  }
  if (resources.block_io) {
    refuse(is_set(resources.block_io->leaf_weight), "blockIO.leafWeight");
    for (const auto& device : resources.block_io->weight_device)
      refuse(is_set(device.leaf_weight), "blockIO.weightDevice leafWeight");
  }
  if (resources.network)
    refuse(is_set(resources.network->class_id) || !resources.network->priorities.empty(),
           "network class or priorities");
}

void memory(Settings& out, const oci::MemoryLimits& memory) {
  const int64_t limit = memory.limit.value_or(0);
  const int64_t total = memory.swap.value_or(0);
  const int64_t swap = swap_without_memory(total, limit);
  if (swap != 0) {
    // "No limit" is what a kernel without swap accounting gives anyway.
    out.push_back({"memory.swap.max", or_max(swap), swap == -1 ? IfMissing::Ignore : IfMissing::Fail});
  } else if (total > 0) {
    out.push_back({"memory.swap.max", "0", IfMissing::Ignore}); // as much swap as memory: no swap at all
  }
  if (limit != 0) add(out, "memory.max", or_max(limit));
  if (is_set(memory.reservation)) add(out, "memory.low", or_max(*memory.reservation));
}

void throttle(Settings& out, std::string_view key, const std::vector<oci::ThrottleDevice>& devices) {
  for (const auto& device : devices) {
    // In v1 a rate of 0 takes a limit away.
    add(out, "io.max",
        cat(device.major, ':', device.minor, ' ', key, '=', device.rate == 0 ? "max" : cat(device.rate)));
  }
}

void block_io(Settings& out, const oci::BlockIo& io, const FactsV2& facts) {
  if (is_set(io.weight)) {
    if (facts.bfq_weight) {
      add(out, "io.bfq.weight", cat(*io.weight)); // same range as the specification's
    } else {
      add(out, "io.weight", cat(io_weight(*io.weight)));
    }
  }
  for (const auto& device : io.weight_device) {
    if (!is_set(device.weight)) continue;
    const std::string number = cat(device.major, ':', device.minor, ' ');
    if (!facts.bfq_weight) {
      add(out, "io.weight", cat(number, io_weight(*device.weight)));
    } else if (facts.bfq_device_weights) {
      add(out, "io.bfq.weight", cat(number, *device.weight, '\n'));
    } else {
      throw Error("cannot set blockIO.weightDevice with this kernel's io.bfq.weight");
    }
  }
  throttle(out, "rbps", io.throttle_read_bps_device);
  throttle(out, "wbps", io.throttle_write_bps_device);
  throttle(out, "riops", io.throttle_read_iops_device);
  throttle(out, "wiops", io.throttle_write_iops_device);
}

void cpu(Settings& out, const oci::CpuLimits& cpu) {
  if (cpu.idle) add(out, "cpu.idle", cat(*cpu.idle));
  if (is_set(cpu.shares)) add(out, "cpu.weight", cat(cpu_weight(*cpu.shares)));
  if (cpu.burst) {
    // A burst may not fit the old quota: then it goes after the new one.
    const auto retry = is_set(cpu.quota) ? IfInvalid::RetryLast : IfInvalid::Fail;
    out.push_back({"cpu.max.burst", cat(*cpu.burst), IfMissing::Fail, retry});
  }
  if (is_set(cpu.quota) || is_set(cpu.period)) {
    constexpr uint64_t default_period = 100000; // the kernel's own
    const int64_t quota = cpu.quota.value_or(0);
    const uint64_t period = is_set(cpu.period) ? *cpu.period : default_period;
    add(out, "cpu.max", cat(quota > 0 ? cat(quota) : "max", ' ', period));
  }
}

} // namespace

uint64_t cpu_weight(uint64_t shares) {
  if (shares == 0) return 0;
  if (shares <= 2) return 1;
  if (shares >= 262144) return 10000;
  // The quadratic function of the logarithm that meets minimum, default and maximum of both ranges.
  const double l = std::log2(static_cast<double>(shares));
  const double exponent = (l * l + 125 * l) / 612.0 - 7.0 / 34.0;
  return static_cast<uint64_t>(std::ceil(std::pow(10, exponent)));
}

uint64_t io_weight(uint16_t weight) {
  if (weight == 0) return 0;
  return 1 + (uint64_t{weight} - 10) * 9999 / 990;
}

int64_t swap_without_memory(int64_t swap, int64_t limit) {
  if (limit == -1 && swap == 0) return -1; // as in v1: unlimited memory is unlimited swap too
  if (swap == -1 || swap == 0) return swap;
  if (limit == -1) return swap;
  if (limit == 0) throw Error("unable to set swap limit without memory limit");
  if (limit < 0) throw Error(cat("invalid memory value: ", limit));
  if (swap < limit) throw Error("memory+swap limit should be >= memory limit");
  return swap - limit;
}

Settings limits_v2(const oci::Resources& resources, const FactsV2& facts) {
  Settings out;
  refuse_v1_only(resources);
  if (resources.pids && resources.pids->limit) add(out, "pids.max", pids_value(*resources.pids->limit));
  if (resources.memory) memory(out, *resources.memory);
  if (resources.block_io) block_io(out, *resources.block_io, facts);
  if (resources.cpu) {
    cpu(out, *resources.cpu);
    if (!resources.cpu->cpus.empty()) add(out, "cpuset.cpus", resources.cpu->cpus);
    if (!resources.cpu->mems.empty()) add(out, "cpuset.mems", resources.cpu->mems);
  }
  for (const auto& page : resources.hugepage_limits) {
    add(out, cat("hugetlb.", page.page_size, ".max"), cat(page.limit));
    out.push_back({cat("hugetlb.", page.page_size, ".rsvd.max"), cat(page.limit), IfMissing::Ignore});
  }
  for (const auto& [device, limits] : resources.rdma) add(out, "rdma.max", rdma_value(device, limits));
  return out;
}

} // namespace skiff::cgroups
