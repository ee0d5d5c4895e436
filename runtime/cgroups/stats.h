// What a container uses, as the kernel counts it: the kernel's admin-guide/cgroup-v1 and cgroup-v2. Where the versions
// differ, the units and meanings are those of v1, which engines know from runc.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/cgroups/cgroups.h"

namespace skiff::cgroups {

// How long tasks waited: Documentation/accounting/psi.rst. cgroup2 only.
struct PressureLine {
  uint64_t avg10 = 0; // these three in hundredths of a percent
  uint64_t avg60 = 0;
  uint64_t avg300 = 0;
  uint64_t total = 0; // microseconds

  bool operator==(const PressureLine&) const = default;
};
struct Pressure {
  PressureLine some;
  PressureLine full;
};

// All times in nanoseconds.
struct CpuStats {
  uint64_t total = 0;
  uint64_t user = 0;
  uint64_t kernel = 0;
  std::vector<uint64_t> per_cpu; // v1 only, like the next two
  std::vector<uint64_t> per_cpu_user;
  std::vector<uint64_t> per_cpu_kernel;
  uint64_t periods = 0;
  uint64_t throttled_periods = 0;
  uint64_t throttled_time = 0;
  std::optional<Pressure> pressure;
};

// v1 only.
struct CpusetStats {
  std::vector<uint16_t> cpus;
  std::vector<uint16_t> mems;
  uint64_t cpu_exclusive = 0;
  uint64_t mem_hardwall = 0;
  uint64_t mem_exclusive = 0;
  uint64_t memory_migrate = 0;
  uint64_t memory_spread_page = 0;
  uint64_t memory_spread_slab = 0;
  uint64_t memory_pressure = 0;
  uint64_t sched_load_balance = 0;
  int64_t sched_relax_domain_level = 0;
};

// Bytes; the largest number is "no limit".
struct MemoryEntry {
  uint64_t limit = 0;
  uint64_t usage = 0;
  uint64_t max = 0; // most that was ever used
  uint64_t failcnt = 0;

  bool operator==(const MemoryEntry&) const = default;
};
struct MemoryStats {
  uint64_t cache = 0;
  MemoryEntry usage;
  MemoryEntry swap;   // memory and swap
  MemoryEntry kernel; // v1 only, like the next
  MemoryEntry kernel_tcp;
  std::map<std::string, uint64_t> raw; // memory.stat
  std::optional<Pressure> pressure;
};

struct PidsStats {
  uint64_t current = 0;
  uint64_t limit = 0; // 0 = none
};

struct BlockEntry {
  uint64_t major = 0;
  uint64_t minor = 0;
  std::string op; // "Read", "Write", ...; empty where the file has none
  uint64_t value = 0;

  bool operator==(const BlockEntry&) const = default;
};
using BlockEntries = std::vector<BlockEntry>;
struct BlockStats {
  BlockEntries service_bytes;
  BlockEntries serviced;
  BlockEntries queued;
  BlockEntries service_time;
  BlockEntries wait_time;
  BlockEntries merged;
  BlockEntries time;
  BlockEntries sectors;
  std::optional<Pressure> pressure;
};

// Bytes.
struct HugetlbStats {
  uint64_t usage = 0;
  uint64_t max = 0; // v1 only
  uint64_t failcnt = 0;
};

struct Stats {
  CpuStats cpu;
  CpusetStats cpuset;
  MemoryStats memory;
  PidsStats pids;
  BlockStats block;
  std::map<std::string, HugetlbStats> hugetlb; // by page size: "2MB"
};

// What the files say now; those that are not there count as zeros. Throws Error when there is no cgroup, or a file is
// not what it should be.
Stats read_stats(const Place& place);

// The parts of read_stats() for one directory of each version.
namespace v1 {
void read_cpu(const std::string& directory, CpuStats& out);
void read_cpuacct(const std::string& directory, CpuStats& out);
CpusetStats read_cpuset(const std::string& directory);
MemoryStats read_memory(const std::string& directory);
PidsStats read_pids(const std::string& directory);
BlockStats read_block(const std::string& directory);
std::map<std::string, HugetlbStats> read_hugetlb(const std::string& directory);
} // namespace v1
namespace v2 {
CpuStats read_cpu(const std::string& directory);
MemoryStats read_memory(const std::string& directory);
PidsStats read_pids(const std::string& directory);
BlockStats read_block(const std::string& directory);
std::map<std::string, HugetlbStats> read_hugetlb(const std::string& directory);
// cpu.pressure, memory.pressure, io.pressure. Nothing where the kernel does not keep it.
std::optional<Pressure> read_pressure(const std::string& directory, std::string_view file);
} // namespace v2

} // namespace skiff::cgroups
