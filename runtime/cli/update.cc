// `update`: other limits for a container that exists.
#include <unistd.h>

#include <array>

#include "oci-spec/spec.h"
#include "runtime/base/text.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/units.h"
#include "runtime/log/log.h"
#include "runtime/sys/file.h"

namespace skiff::cli {

namespace {

// The options as text; empty = not given.
struct Options {
  std::string resources;
  int blkio_weight = 0;
  std::string cpu_period, cpu_quota, cpu_burst, cpu_share, cpu_rt_period, cpu_rt_runtime, cpu_idle;
  std::string cpuset_cpus, cpuset_mems;
  std::string memory, memory_reservation, memory_swap, kernel_memory, kernel_memory_tcp;
  std::optional<int> pids_limit;
  std::string l3_cache_schema, mem_bw_schema;
};

std::vector<Option> table(Options& o) {
  return {
      {"resources", 'r', &o.resources,
       "file with the changes as a linux.resources object, \"-\" for standard input; then only the schemata are read "
       "from other options"},
      {"blkio-weight", '\0', &o.blkio_weight, "share of the disk's time, 10 to 1000", "0"},
      {"cpu-period", '\0', &o.cpu_period, "length of a period of the CPU quota, in microseconds"},
      {"cpu-quota", '\0', &o.cpu_quota, "CPU time in each period, in microseconds; -1 for no limit"},
      {"cpu-burst", '\0', &o.cpu_burst, "unused CPU time that may be added to a later period, in microseconds"},
      {"cpu-share", '\0', &o.cpu_share, "share of the CPUs in relation to other containers, 2 to 262144"},
      {"cpu-rt-period", '\0', &o.cpu_rt_period, "length of a period for realtime tasks, in microseconds (v1)"},
      {"cpu-rt-runtime", '\0', &o.cpu_rt_runtime, "CPU time for realtime tasks in each period, in microseconds (v1)"},
      {"cpu-idle", '\0', &o.cpu_idle, "1: only CPU time that nobody else wants; 0: as usual"},
      {"cpuset-cpus", '\0', &o.cpuset_cpus, "CPUs to run on, as in 0-3,7"},
      {"cpuset-mems", '\0', &o.cpuset_mems, "memory nodes to take memory from"},
      {"memory", '\0', &o.memory, "memory limit, in bytes or with a unit, as in 512M; -1 for none"},
      {"memory-reservation", '\0', &o.memory_reservation, "memory that is taken away last, in bytes or with a unit"},
      {"memory-swap", '\0', &o.memory_swap, "limit of memory and swap together; -1 for unlimited swap"},
      {"kernel-memory", '\0', &o.kernel_memory, "has no effect any more", {}, Visibility::hidden},
      {"kernel-memory-tcp", '\0', &o.kernel_memory_tcp, "has no effect any more", {}, Visibility::hidden},
      {"pids-limit", '\0', &o.pids_limit, "most processes and threads; -1 for no limit"},
      {"l3-cache-schema", '\0', &o.l3_cache_schema, "schema of the L3 cache, for Intel RDT/CAT"},
      {"mem-bw-schema", '\0', &o.mem_bw_schema, "schema of the memory bandwidth, for Intel RDT/MBA"},
  };
}

// Go's strconv, whose sentences engines pass on to their users.
template <class T> std::optional<T> number(std::string_view option, std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto value = parse_number<T>(std::is_signed_v<T> && text.starts_with('+') ? text.substr(1) : text);
  if (!value) {
    throw Error(cat("invalid value for ", option, ": strconv.Parse", std::is_signed_v<T> ? "Int" : "Uint", ": parsing ",
                    quote(text), ": invalid syntax"));
  }
  return value;
}

std::optional<int64_t> bytes(std::string_view option, std::string_view text) {
  if (text.empty()) return std::nullopt;
  if (text == "-1") return -1;
  return in([&] { return cat("invalid value for ", option); }, [&] { return parse_bytes(text); });
}

oci::Resources from_options(const Options& o) {
  oci::Resources out;
  oci::CpuLimits& cpu = out.cpu.emplace();
  cpu.period = number<uint64_t>("cpu-period", o.cpu_period);
  cpu.quota = number<int64_t>("cpu-quota", o.cpu_quota);
  cpu.burst = number<uint64_t>("cpu-burst", o.cpu_burst);
  cpu.shares = number<uint64_t>("cpu-share", o.cpu_share);
  cpu.realtime_period = number<uint64_t>("cpu-rt-period", o.cpu_rt_period);
  cpu.realtime_runtime = number<int64_t>("cpu-rt-runtime", o.cpu_rt_runtime);
  cpu.idle = number<int64_t>("cpu-idle", o.cpu_idle);
  cpu.cpus = o.cpuset_cpus;
  cpu.mems = o.cpuset_mems;
  oci::MemoryLimits& memory = out.memory.emplace();
  memory.limit = bytes("memory", o.memory);
  memory.reservation = bytes("memory-reservation", o.memory_reservation);
  memory.swap = bytes("memory-swap", o.memory_swap);
  memory.kernel = bytes("kernel-memory", o.kernel_memory);
  memory.kernel_tcp = bytes("kernel-memory-tcp", o.kernel_memory_tcp);
  if (o.pids_limit) out.pids.emplace().limit = *o.pids_limit;
  if (o.blkio_weight != 0) out.block_io.emplace().weight = static_cast<uint16_t>(o.blkio_weight);
  return out;
}

oci::Resources from_document(const std::string& file) {
  const std::string text =
      file == "-" ? sys::try_read_all(sys::FdRef(STDIN_FILENO)).or_throw("read /dev/stdin") : sys::read_file(file);
  return oci::parse_resources(text, file == "-" ? "standard input" : file);
}

} // namespace

int update(Invocation& invocation) {
  static constexpr Usage kUsage = {
      .arguments = "<container-id>",
      .description = R"(Changes what a container may use. What no option names stays as it is, and so does what is 0.

The document of --resources is a linux.resources object of config.json. For instance

    {"memory": {"limit": 536870912}, "cpu": {"quota": 50000, "period": 100000}, "pids": {"limit": 100}})",
      .min_arguments = 1,
      .max_arguments = 1,
  };
  Options options;
  const auto arguments = invocation.read(kUsage, table(options));
  if (!arguments) return 0;
  Container container = open_container(invocation.home(), arguments->front());
  Update update;
  update.resources = options.resources.empty() ? from_options(options) : from_document(options.resources);
  update.l3_cache_schema = options.l3_cache_schema;
  update.mem_bw_schema = options.mem_bw_schema;
  const auto& memory = update.resources.memory;
  if (memory && (memory->kernel || memory->kernel_tcp)) {
    log::warn("Kernel memory settings are ignored and will be removed");
  }
  container.update(update);
  return 0;
}

} // namespace skiff::cli
