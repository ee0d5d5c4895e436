// Statistics of cgroup v1.
#include <array>

#include "runtime/base/text.h"
#include "runtime/cgroups/stats_files.h"

namespace skiff::cgroups::v1 {

namespace {

constexpr uint64_t kNanosecondsPerTick = 10'000'000; // USER_HZ is 100 everywhere

struct PerCpu {
  std::vector<uint64_t> user;
  std::vector<uint64_t> kernel;
};

// "cpu user system\n0 123 45\n...", nanoseconds.
PerCpu parse_usage_all(std::string_view text) {
  PerCpu out;
  const auto all = lines(text);
  for (size_t i = 1; i < all.size(); ++i) {
    const auto fields = split(all[i], ' ');
    if (fields.size() < 3) continue;
    out.user.push_back(parse_count(fields[1]));
    out.kernel.push_back(parse_count(fields[2]));
  }
  return out;
}

std::vector<uint64_t> parse_counts(std::string_view text) {
  std::vector<uint64_t> out;
  for (const auto word : split(trim(text), ' ')) {
    if (!word.empty()) out.push_back(parse_count(word));
  }
  return out;
}

MemoryEntry memory_entry(const StatFiles& files, std::string_view name) {
  const std::string prefix = cat("memory.", name, name.empty() ? "" : ".");
  MemoryEntry out;
  out.usage = files.count(prefix + "usage_in_bytes");
  out.max = files.count(prefix + "max_usage_in_bytes");
  out.failcnt = files.count(prefix + "failcnt");
  out.limit = files.count(prefix + "limit_in_bytes");
  return out;
}

struct BlockFile {
  std::string_view name;
  BlockEntries BlockStats::*target;
};

// The schedulers that may be there, the most telling first: the first whose first file has something to say is taken.
constexpr std::array kBfqDebug = {
    BlockFile{"bfq.sectors_recursive", &BlockStats::sectors},
    BlockFile{"bfq.io_service_time_recursive", &BlockStats::service_time},
    BlockFile{"bfq.io_wait_time_recursive", &BlockStats::wait_time},
    BlockFile{"bfq.io_merged_recursive", &BlockStats::merged},
    BlockFile{"bfq.io_queued_recursive", &BlockStats::queued},
    BlockFile{"bfq.time_recursive", &BlockStats::time},
    BlockFile{"bfq.io_serviced_recursive", &BlockStats::serviced},
    BlockFile{"bfq.io_service_bytes_recursive", &BlockStats::service_bytes},
};
constexpr std::array kBfq = {
    BlockFile{"bfq.io_serviced_recursive", &BlockStats::serviced},
    BlockFile{"bfq.io_service_bytes_recursive", &BlockStats::service_bytes},
};
constexpr std::array kCfq = {
    BlockFile{"sectors_recursive", &BlockStats::sectors},
    BlockFile{"io_service_time_recursive", &BlockStats::service_time},
    BlockFile{"io_wait_time_recursive", &BlockStats::wait_time},
    BlockFile{"io_merged_recursive", &BlockStats::merged},
    BlockFile{"io_queued_recursive", &BlockStats::queued},
    BlockFile{"time_recursive", &BlockStats::time},
    BlockFile{"io_serviced_recursive", &BlockStats::serviced},
    BlockFile{"io_service_bytes_recursive", &BlockStats::service_bytes},
};
constexpr std::array kThrottleRecursive = {
    BlockFile{"throttle.io_serviced_recursive", &BlockStats::serviced},
    BlockFile{"throttle.io_service_bytes_recursive", &BlockStats::service_bytes},
};
constexpr std::array kThrottle = {
    BlockFile{"throttle.io_serviced", &BlockStats::serviced},
    BlockFile{"throttle.io_service_bytes", &BlockStats::service_bytes},
};

} // namespace

void read_cpu(const std::string& directory, CpuStats& out) {
  auto stat = StatFiles(directory).parsed("cpu.stat", parse_flat_keyed);
  out.periods = stat["nr_periods"];
  out.throttled_periods = stat["nr_throttled"];
  out.throttled_time = stat["throttled_time"];
}

void read_cpuacct(const std::string& directory, CpuStats& out) {
  const StatFiles files(directory);
  auto ticks = files.parsed("cpuacct.stat", parse_flat_keyed);
  out.user = ticks["user"] * kNanosecondsPerTick;
  out.kernel = ticks["system"] * kNanosecondsPerTick;
  out.total = files.count("cpuacct.usage");
  out.per_cpu = files.parsed("cpuacct.usage_percpu", parse_counts);
  auto all = files.parsed("cpuacct.usage_all", parse_usage_all);
  out.per_cpu_user = std::move(all.user);
  out.per_cpu_kernel = std::move(all.kernel);
}

CpusetStats read_cpuset(const std::string& directory) {
  const StatFiles files(directory);
  CpusetStats out;
  out.cpus = files.parsed("cpuset.cpus", parse_number_list);
  out.mems = files.parsed("cpuset.mems", parse_number_list);
  out.cpu_exclusive = files.count("cpuset.cpu_exclusive");
  out.mem_hardwall = files.count("cpuset.mem_hardwall");
  out.mem_exclusive = files.count("cpuset.mem_exclusive");
  out.memory_migrate = files.count("cpuset.memory_migrate");
  out.memory_spread_page = files.count("cpuset.memory_spread_page");
  out.memory_spread_slab = files.count("cpuset.memory_spread_slab");
  out.memory_pressure = files.count("cpuset.memory_pressure");
  out.sched_load_balance = files.count("cpuset.sched_load_balance");
  const auto level = files.text("cpuset.sched_relax_domain_level"); // -1 is a value here
  if (level) out.sched_relax_domain_level = parse_number<int64_t>(*level).value_or(0);
  return out;
}

MemoryStats read_memory(const std::string& directory) {
  const StatFiles files(directory);
  MemoryStats out;
  out.raw = files.parsed("memory.stat", parse_flat_keyed);
  const auto cache = out.raw.find("cache");
  if (cache != out.raw.end()) out.cache = cache->second;
  out.usage = memory_entry(files, "");
  out.swap = memory_entry(files, "memsw");
  out.kernel = memory_entry(files, "kmem");
  out.kernel_tcp = memory_entry(files, "kmem.tcp");
  return out;
}

PidsStats read_pids(const std::string& directory) {
  const StatFiles files(directory);
  PidsStats out;
  out.current = files.count("pids.current");
  if (files.text("pids.max") != "max") out.limit = files.count("pids.max");
  return out;
}

BlockStats read_block(const std::string& directory) {
  const StatFiles files(directory);
  const std::array<std::span<const BlockFile>, 5> kinds = {kBfqDebug, kBfq, kCfq, kThrottleRecursive, kThrottle};
  BlockStats out;
  for (const auto kind : kinds) {
    const auto first = files.parsed(cat("blkio.", kind.front().name), parse_blkio);
    if (first.empty()) continue;
    for (const auto& file : kind) out.*file.target = files.parsed(cat("blkio.", file.name), parse_blkio);
    break;
  }
  return out;
}

std::map<std::string, HugetlbStats> read_hugetlb(const std::string& directory) {
  const StatFiles files(directory);
  std::map<std::string, HugetlbStats> out;
  for (const auto& size : huge_page_sizes()) {
    std::string prefix = cat("hugetlb.", size, ".rsvd."); // since 5.7
    if (!files.text(prefix + "usage_in_bytes")) prefix = cat("hugetlb.", size, '.');
    out[size] = {files.count(prefix + "usage_in_bytes"), files.count(prefix + "max_usage_in_bytes"),
                 files.count(prefix + "failcnt")};
  }
  return out;
}

} // namespace skiff::cgroups::v1
