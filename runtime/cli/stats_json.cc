// The JSON of `events`. Go leaves out zeros where a key says so, and nothing tells which: each key is as in runc.
#include "runtime/cli/stats_json.h"

#include <concepts>
#include <span>

#include "oci-spec/json/write.h"
#include "runtime/base/text.h"

namespace skiff::cli {

namespace {

using oci::json::Writer;

template <std::unsigned_integral T> void number(Writer& writer, std::string_view name, T value) {
  writer.name(name);
  writer.number(uint64_t{value});
}

void number_unless_zero(Writer& writer, std::string_view name, uint64_t value) {
  if (value != 0) number(writer, name, value);
}

template <class T> void numbers(Writer& writer, std::string_view name, const std::vector<T>& values) {
  if (values.empty()) return;
  writer.name(name);
  writer.open_array();
  for (const auto value : values) writer.number(uint64_t{value});
  writer.close_array();
}

// 150 hundredths are 1.5, as Go writes it.
std::string percent(uint64_t hundredths) {
  std::string out = cat(hundredths / 100);
  const uint64_t rest = hundredths % 100;
  if (rest == 0) return out;
  out += rest < 10 ? cat(".0", rest) : cat('.', rest);
  if (out.back() == '0') out.pop_back();
  return out;
}

void pressure_line(Writer& writer, std::string_view name, const cgroups::PressureLine& line) {
  if (line == cgroups::PressureLine()) return;
  writer.name(name);
  writer.open_object();
  writer.name("avg10");
  writer.raw(percent(line.avg10));
  writer.name("avg60");
  writer.raw(percent(line.avg60));
  writer.name("avg300");
  writer.raw(percent(line.avg300));
  number(writer, "total", line.total);
  writer.close_object();
}

void pressure(Writer& writer, const std::optional<cgroups::Pressure>& value) {
  if (!value) return;
  writer.name("psi");
  writer.open_object();
  pressure_line(writer, "some", value->some);
  pressure_line(writer, "full", value->full);
  writer.close_object();
}

void cpu(Writer& writer, const cgroups::CpuStats& stats) {
  writer.name("cpu");
  writer.open_object();
  if (stats.total != 0 || stats.user != 0 || stats.kernel != 0 || !stats.per_cpu.empty()) {
    writer.name("usage");
    writer.open_object();
    number_unless_zero(writer, "total", stats.total);
    numbers(writer, "percpu", stats.per_cpu);
    numbers(writer, "percpu_kernel", stats.per_cpu_kernel);
    numbers(writer, "percpu_user", stats.per_cpu_user);
    number(writer, "kernel", stats.kernel);
    number(writer, "user", stats.user);
    writer.close_object();
  }
  if (stats.periods != 0 || stats.throttled_periods != 0 || stats.throttled_time != 0) {
    writer.name("throttling");
    writer.open_object();
    number_unless_zero(writer, "periods", stats.periods);
    number_unless_zero(writer, "throttledPeriods", stats.throttled_periods);
    number_unless_zero(writer, "throttledTime", stats.throttled_time);
    writer.close_object();
  }
  pressure(writer, stats.pressure);
  writer.close_object();
}

void cpuset(Writer& writer, const cgroups::CpusetStats& stats) {
  writer.name("cpuset");
  writer.open_object();
  numbers(writer, "cpus", stats.cpus);
  number(writer, "cpu_exclusive", stats.cpu_exclusive);
  numbers(writer, "mems", stats.mems);
  number(writer, "mem_hardwall", stats.mem_hardwall);
  number(writer, "mem_exclusive", stats.mem_exclusive);
  number(writer, "memory_migrate", stats.memory_migrate);
  number(writer, "memory_spread_page", stats.memory_spread_page);
  number(writer, "memory_spread_slab", stats.memory_spread_slab);
  number(writer, "memory_pressure", stats.memory_pressure);
  number(writer, "sched_load_balance", stats.sched_load_balance);
  writer.name("sched_relax_domain_level");
  writer.number(stats.sched_relax_domain_level);
  writer.close_object();
}

void memory_entry(Writer& writer, std::string_view name, const cgroups::MemoryEntry& entry) {
  if (entry == cgroups::MemoryEntry()) return;
  writer.name(name);
  writer.open_object();
  number(writer, "limit", entry.limit);
  number_unless_zero(writer, "usage", entry.usage);
  number_unless_zero(writer, "max", entry.max);
  number(writer, "failcnt", entry.failcnt);
  writer.close_object();
}

void memory(Writer& writer, const cgroups::MemoryStats& stats) {
  writer.name("memory");
  writer.open_object();
  number_unless_zero(writer, "cache", stats.cache);
  memory_entry(writer, "usage", stats.usage);
  memory_entry(writer, "swap", stats.swap);
  memory_entry(writer, "kernel", stats.kernel);
  memory_entry(writer, "kernelTCP", stats.kernel_tcp);
  if (!stats.raw.empty()) {
    writer.name("raw");
    writer.open_object();
    for (const auto& [name, value] : stats.raw) number(writer, name, value);
    writer.close_object();
  }
  pressure(writer, stats.pressure);
  writer.close_object();
}

void pids(Writer& writer, const cgroups::PidsStats& stats) {
  writer.name("pids");
  writer.open_object();
  number_unless_zero(writer, "current", stats.current);
  number_unless_zero(writer, "limit", stats.limit);
  writer.close_object();
}

void block_entries(Writer& writer, std::string_view name, const cgroups::BlockEntries& entries) {
  if (entries.empty()) return;
  writer.name(name);
  writer.open_array();
  for (const auto& entry : entries) {
    writer.open_object();
    number_unless_zero(writer, "major", entry.major);
    number_unless_zero(writer, "minor", entry.minor);
    if (!entry.op.empty()) {
      writer.name("op");
      writer.string(entry.op);
    }
    number_unless_zero(writer, "value", entry.value);
    writer.close_object();
  }
  writer.close_array();
}

void block(Writer& writer, const cgroups::BlockStats& stats) {
  writer.name("blkio");
  writer.open_object();
  block_entries(writer, "ioServiceBytesRecursive", stats.service_bytes);
  block_entries(writer, "ioServicedRecursive", stats.serviced);
  block_entries(writer, "ioQueueRecursive", stats.queued);
  block_entries(writer, "ioServiceTimeRecursive", stats.service_time);
  block_entries(writer, "ioWaitTimeRecursive", stats.wait_time);
  block_entries(writer, "ioMergedRecursive", stats.merged);
  block_entries(writer, "ioTimeRecursive", stats.time);
  block_entries(writer, "sectorsRecursive", stats.sectors);
  pressure(writer, stats.pressure);
  writer.close_object();
}

void hugetlb(Writer& writer, const std::map<std::string, cgroups::HugetlbStats>& stats) {
  writer.name("hugetlb");
  writer.open_object();
  for (const auto& [size, entry] : stats) {
    writer.name(size);
    writer.open_object();
    number_unless_zero(writer, "usage", entry.usage);
    number_unless_zero(writer, "max", entry.max);
    number(writer, "failcnt", entry.failcnt);
    writer.close_object();
  }
  writer.close_object();
}

void text_unless_empty(Writer& writer, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  writer.name(name);
  writer.string(value);
}

void rdt_cache(Writer& writer, const resctrl::Stats::Cache& cache) {
  writer.name("l3_cache_info");
  writer.open_object();
  text_unless_empty(writer, "cbm_mask", cache.info.mask);
  number_unless_zero(writer, "min_cbm_bits", cache.info.min_bits);
  number_unless_zero(writer, "num_closids", cache.info.classes);
  writer.close_object();
  text_unless_empty(writer, "l3_cache_schema_root", cache.root_schema);
  text_unless_empty(writer, "l3_cache_schema", cache.schema);
}

void rdt_bandwidth(Writer& writer, const resctrl::Stats::Bandwidth& bandwidth) {
  writer.name("mem_bw_info");
  writer.open_object();
  number_unless_zero(writer, "bandwidth_gran", bandwidth.info.granularity);
  number_unless_zero(writer, "delay_linear", bandwidth.info.delay_linear);
  number_unless_zero(writer, "min_bandwidth", bandwidth.info.min_bandwidth);
  number_unless_zero(writer, "num_closids", bandwidth.info.classes);
  writer.close_object();
  text_unless_empty(writer, "mem_bw_schema_root", bandwidth.root_schema);
  text_unless_empty(writer, "mem_bw_schema", bandwidth.schema);
}

// One object for each domain; Go writes a list that it has never put anything into as null.
template <class T, class Write>
void domains(Writer& writer, std::string_view name, const std::optional<std::vector<T>>& all, Write&& write) {
  if (!all) return;
  writer.name(name);
  if (all->empty()) return writer.null();
  writer.open_array();
  for (const T& domain : *all) {
    writer.open_object();
    write(domain);
    writer.close_object();
  }
  writer.close_array();
}

void intel_rdt(Writer& writer, const std::optional<resctrl::Stats>& stats) {
  writer.name("intel_rdt");
  writer.open_object();
  if (stats) {
    if (stats->cache) rdt_cache(writer, *stats->cache);
    if (stats->bandwidth) rdt_bandwidth(writer, *stats->bandwidth);
    writer.name("schemata");
    writer.open_array();
    for (const std::string& line : stats->schemata) writer.string(line);
    writer.close_array();
    domains(writer, "mbm_stats", stats->bandwidth_use, [&](const resctrl::BandwidthUse& use) {
      number(writer, "mbm_total_bytes", use.total);
      number(writer, "mbm_local_bytes", use.local);
    });
    domains(writer, "cmt_stats", stats->cache_use, [&](uint64_t bytes) { number(writer, "llc_occupancy", bytes); });
  }
  writer.close_object();
}

void open_event(Writer& writer, std::string_view type, std::string_view id) {
  writer.open_object();
  writer.name("type");
  writer.string(type);
  writer.name("id");
  writer.string(id);
}

} // namespace

std::string stats_event(std::string_view id, const cgroups::Stats& stats, const std::optional<resctrl::Stats>& rdt) {
  Writer writer(oci::Indent::none);
  open_event(writer, "stats", id);
  writer.name("data");
  writer.open_object();
  cpu(writer, stats.cpu);
  cpuset(writer, stats.cpuset);
  memory(writer, stats.memory);
  pids(writer, stats.pids);
  block(writer, stats.block);
  hugetlb(writer, stats.hugetlb);
  intel_rdt(writer, rdt);
  // Containers have no network interface of the runtime's making.
  writer.name("network_interfaces");
  writer.null();
  writer.close_object();
  writer.close_object();
  return std::move(writer).take();
}

std::string oom_event(std::string_view id) {
  Writer writer(oci::Indent::none);
  open_event(writer, "oom", id);
  writer.close_object();
  return std::move(writer).take();
}

} // namespace skiff::cli
