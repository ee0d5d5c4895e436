// Statistics of cgroup2.
#include <limits>

#include "runtime/base/text.h"
#include "runtime/cgroups/stats_files.h"
#include "runtime/cgroups/tree.h"

namespace skiff::cgroups::v2 {

namespace {

constexpr uint64_t kNanosecondsPerMicrosecond = 1000;

MemoryEntry memory_entry(const StatFiles& files, std::string_view prefix) {
  MemoryEntry out;
  out.usage = files.count(cat(prefix, ".current"));
  out.limit = files.count(cat(prefix, ".max"));
  out.max = files.count(cat(prefix, ".peak")); // since 5.19, of swap since 6.5
  return out;
}

} // namespace

CpuStats read_cpu(const std::string& directory) {
  auto stat = StatFiles(directory).parsed("cpu.stat", parse_flat_keyed);
  CpuStats out;
  out.total = stat["usage_usec"] * kNanosecondsPerMicrosecond;
  out.user = stat["user_usec"] * kNanosecondsPerMicrosecond;
  out.kernel = stat["system_usec"] * kNanosecondsPerMicrosecond;
  out.periods = stat["nr_periods"];
  out.throttled_periods = stat["nr_throttled"];
  out.throttled_time = stat["throttled_usec"] * kNanosecondsPerMicrosecond;
  return out;
}

MemoryStats read_memory(const std::string& directory) {
  const StatFiles files(directory);
  MemoryStats out;
  out.raw = files.parsed("memory.stat", parse_flat_keyed);
  const auto cache = out.raw.find("file");
  if (cache != out.raw.end()) out.cache = cache->second;
  out.usage = memory_entry(files, "memory");
  out.swap = memory_entry(files, "memory.swap");
  // In v1, swap is memory and swap; the most that was used of both together is not known.
  out.swap.usage += out.usage.usage;
  if (out.swap.limit != std::numeric_limits<uint64_t>::max()) out.swap.limit += out.usage.limit;
  out.swap.max = 0;
  return out;
}

PidsStats read_pids(const std::string& directory) {
  const StatFiles files(directory);
  PidsStats out;
  const auto current = files.text("pids.current");
  if (!current) { // without the controller: those who have not threads of their own
    auto processes = try_processes_in(directory);
    if (processes) out.current = processes->size();
    return out;
  }
  out.current = parse_count(*current);
  if (files.text("pids.max") != "max") out.limit = files.count("pids.max");
  return out;
}

BlockStats read_block(const std::string& directory) {
  return StatFiles(directory).parsed("io.stat", parse_io_stat);
}

std::map<std::string, HugetlbStats> read_hugetlb(const std::string& directory) {
  const StatFiles files(directory);
  std::map<std::string, HugetlbStats> out;
  for (const auto& size : huge_page_sizes()) {
    const std::string prefix = cat("hugetlb.", size);
    if (!files.text(prefix + ".current")) continue;
    const auto reserved = files.text(prefix + ".rsvd.current"); // since 5.7
    HugetlbStats entry;
    entry.usage = reserved ? parse_count(*reserved) : files.count(prefix + ".current");
    entry.failcnt = files.parsed(prefix + ".events", parse_flat_keyed)["max"];
    out[size] = entry;
  }
  return out;
}

std::optional<Pressure> read_pressure(const std::string& directory, std::string_view file) {
  return StatFiles(directory).parsed(file, [](std::string_view text) { return std::optional(parse_pressure(text)); });
}

} // namespace skiff::cgroups::v2
