// Properties of a scope.
#include "runtime/cgroups/systemd_properties.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "oci-spec/error.h"
#include "oci-spec/id_set.h"
#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/cgroups/limits_v2.h"

namespace skiff::cgroups {

namespace {

constexpr uint64_t kInfinity = std::numeric_limits<uint64_t>::max();
constexpr uint64_t kMicroseconds = 1000000;
constexpr uint64_t kDefaultPeriod = 100000; // the kernel's, microseconds

template <class T> bool is_set(const std::optional<T>& value) {
  return value && *value != 0;
}

void add(Properties& out, std::string_view name, BusValue value) {
  out.push_back({std::string(name), std::move(value)});
}
void add(Properties& out, std::string_view name, uint64_t value) {
  add(out, name, BusValue::u64(value));
}

// -1 = unlimited, which is the largest number in systemd.
uint64_t or_infinity(int64_t value) {
  return static_cast<uint64_t>(value);
}

uint64_t tasks(int64_t limit) {
  if (limit < 0) return kInfinity;
  return limit == 0 ? 1 : static_cast<uint64_t>(limit); // systemd has no zero
}

// Microseconds of CPU time a second, in steps of a percent.
uint64_t cpu_per_second(uint64_t quota, uint64_t period) {
  constexpr uint64_t step = kMicroseconds / 100;
  if (quota > kInfinity / kMicroseconds - step) return kInfinity;
  const uint64_t exact = quota * kMicroseconds / period;
  return (exact + step - 1) / step * step;
}

void add_cpu_time(Properties& out, int64_t quota, uint64_t period) {
  if (period != 0) add(out, "CPUQuotaPeriodUSec", period);
  if (quota == 0 && period == 0) return;
  const uint64_t divisor = period == 0 ? kDefaultPeriod : period;
  add(out, "CPUQuotaPerSecUSec", quota > 0 ? cpu_per_second(static_cast<uint64_t>(quota), divisor) : kInfinity);
}

void add_cpuset(Properties& out, std::string_view name, std::string_view what, std::string_view list) {
  if (list.empty()) return;
  add(out, name,
      in([&] { return cat(what, '=', quote(list), " conversion error"); },
         [&] { return BusValue::bytes(cpu_bits(list)); }));
}

// So that io.bfq.weight, as systemd computes it, is what was asked for. The default, where the slope changes, is 100 of
// [1..10000] in systemd and 100 of [1..1000] in BFQ.
uint64_t systemd_weight_for_bfq(uint64_t weight) {
  return weight <= 100 ? weight : 100 + (weight - 100) * 9900 / 900;
}

void add_memory_v2(Properties& out, const oci::MemoryLimits& memory) {
  const int64_t limit = memory.limit.value_or(0);
  if (limit != 0) add(out, "MemoryMax", or_infinity(limit));
  if (is_set(memory.reservation)) add(out, "MemoryLow", or_infinity(*memory.reservation));
  const int64_t total = memory.swap.value_or(0);
  const int64_t swap = swap_without_memory(total, limit);
  if (swap != 0 || total > 0) add(out, "MemorySwapMax", or_infinity(swap));
}

void add_cpu(Properties& out, const oci::CpuLimits& cpu, SystemdLayout layout) {
  if (layout == SystemdLayout::V1) {
    if (is_set(cpu.shares)) add(out, "CPUShares", *cpu.shares);
  } else if (cpu.idle.value_or(0) == 1) {
    add(out, "CPUWeight", 0); // cpu.idle, since 252
  } else if (is_set(cpu.shares)) {
    add(out, "CPUWeight", cpu_weight(*cpu.shares));
  }
  add_cpu_time(out, cpu.quota.value_or(0), cpu.period.value_or(0));
  add_cpuset(out, "AllowedCPUs", "resources.CPU.Cpus", cpu.cpus);
  add_cpuset(out, "AllowedMemoryNodes", "resources.CPU.Mems", cpu.mems);
}

// The value of one file of Resources.unified.
class UnifiedValue {
public:
  UnifiedValue(std::string_view file, std::string_view value) : file_(file), value_(trim(value)) {}

  std::string_view text() const { return value_; }
  bool is(std::string_view text) const { return value_ == text; }
  uint64_t number(std::string_view text) const {
    const auto value = parse_number<uint64_t>(text);
    if (!value) throw Error(cat("unified resource ", quote(file_), " value conversion error: ", quote(text)));
    return *value;
  }
  uint64_t number() const { return number(value_); }
  uint64_t number_or_max() const { return is("max") ? kInfinity : number(); }

private:
  std::string_view file_, value_;
};

void add_cpu_max(Properties& out, const UnifiedValue& value) {
  const auto fields = split(value.text(), ' ');
  const uint64_t period = fields.size() > 1 ? value.number(trim(fields.back())) : kDefaultPeriod;
  const bool unlimited = fields.front() == "max";
  if (period == 0) throw Error("unified resource \"cpu.max\" value invalid: a period of 0");
  add_cpu_time(out, unlimited ? 0 : static_cast<int64_t>(value.number(fields.front())), period);
}

// "default 100" or "100", and lines of single devices, which have no property that names them by number.
void add_io_weight(Properties& out, const UnifiedValue& value) {
  constexpr std::string_view word = "default ";
  for (const auto line : lines(value.text())) {
    const auto number = trim(line.starts_with(word) ? line.substr(word.size()) : line);
    if (number.find(' ') == number.npos) add(out, "IOWeight", value.number(number));
  }
}

struct PlainFile {
  std::string_view file, property;
};
constexpr PlainFile kBytesFiles[] = {
    {"memory.high", "MemoryHigh"}, {"memory.low", "MemoryLow"},          {"memory.max", "MemoryMax"},
    {"memory.min", "MemoryMin"},   {"memory.swap.max", "MemorySwapMax"}, {"memory.zswap.max", "MemoryZSwapMax"},
};

void add_unified(Properties& out, const std::map<std::string, std::string>& unified) {
  const auto idle = unified.find("cpu.idle");
  const bool is_idle = idle != unified.end() && trim(idle->second) == "1";
  for (const auto& entry : unified) {
    const std::string& file = entry.first;
    const UnifiedValue value(file, entry.second);
    const auto plain = std::find_if(std::begin(kBytesFiles), std::end(kBytesFiles),
                                    [&](const PlainFile& known) { return known.file == file; });
    if (plain != std::end(kBytesFiles)) {
      add(out, plain->property, value.number_or_max());
    } else if (file == "cpu.idle") {
      if (is_idle) add(out, "CPUWeight", 0);
    } else if (file == "cpu.weight") {
      if (!is_idle) add(out, "CPUWeight", value.number());
    } else if (file == "cpu.max") {
      add_cpu_max(out, value);
    } else if (file == "cpuset.cpus") {
      add_cpuset(out, "AllowedCPUs", "unified resource \"cpuset.cpus\"", value.text());
    } else if (file == "cpuset.mems") {
      add_cpuset(out, "AllowedMemoryNodes", "unified resource \"cpuset.mems\"", value.text());
    } else if (file == "io.weight") {
      add_io_weight(out, value);
    } else if (file == "pids.max") {
      add(out, "TasksMax", std::max<uint64_t>(value.number_or_max(), 1));
    }
  }
}

std::string device_name(const DeviceException& device) {
  const std::string_view kind = device.type == 'b' ? "block" : "char";
  if (device.major == kAnyNumber) return cat(kind, "-*");
  if (device.minor == kAnyNumber) return cat(kind, '-', device.major);
  return cat("/dev/", kind, '/', device.major, ':', device.minor);
}

void check_property_name(std::string_view name) {
  if (name.size() < 3) throw Error("too short");
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (!std::all_of(name.begin(), name.end(), is_letter)) throw Error("contains non-alphabetic character");
}

// "TimeoutStopSec" is the name in unit files of what is "TimeoutStopUSec" on the bus.
bool is_seconds(std::string_view name) {
  if (!name.ends_with("Sec") || name.size() < 4) return false;
  const char before = name[name.size() - 4];
  return before >= 'a' && before <= 'z';
}

BusValue microseconds(const BusValue& seconds) {
  if (const auto* number = std::get_if<uint64_t>(&seconds.content)) return BusValue::u64(*number * kMicroseconds);
  if (const auto* number = std::get_if<int64_t>(&seconds.content))
    return BusValue::u64(static_cast<uint64_t>(*number) * kMicroseconds);
  if (const auto* number = std::get_if<double>(&seconds.content); number != nullptr && *number >= 0 && *number < 1e12)
    return BusValue::u64(static_cast<uint64_t>(*number * static_cast<double>(kMicroseconds)));
  throw Error("not a number");
}

} // namespace

std::vector<uint8_t> cpu_bits(std::string_view list) {
  std::vector<uint8_t> out;
  try {
    for (const unsigned long word : oci::bit_mask(oci::parse_id_set(list)))
      for (size_t byte = 0; byte < sizeof word; ++byte) out.push_back(static_cast<uint8_t>(word >> 8 * byte));
  } catch (const oci::SpecError& error) {
    throw Error(error.what());
  }
  if (out.empty()) throw Error("empty value");
  while (out.back() == 0) out.pop_back();
  return out;
}

Properties device_properties(const DevicePolicy& policy) {
  // The list is added to what the unit has, unless it is emptied first.
  Properties out;
  add(out, "DeviceAllow", BusValue::array("(ss)", {}));
  const auto& exceptions = policy.exceptions;
  const bool sayable = std::none_of(exceptions.begin(), exceptions.end(), [](const DeviceException& device) {
    return device.major == kAnyNumber && device.minor != kAnyNumber;
  });
  if (policy.allow_by_default || !sayable) {
    add(out, "DevicePolicy", BusValue::text("auto"));
    return out;
  }
  BusValue::Parts allowed;
  for (const auto& device : exceptions) {
    allowed.push_back(
        BusValue::structure({BusValue::text(device_name(device)), BusValue::text(access_text(device.access))}));
  }
  add(out, "DevicePolicy", BusValue::text("strict"));
  add(out, "DeviceAllow", BusValue::array("(ss)", std::move(allowed)));
  return out;
}

Properties resource_properties(const oci::Resources& resources, SystemdLayout layout, IoWeights weights) {
  const bool v1 = layout == SystemdLayout::V1;
  Properties out;
  if (resources.memory) {
    if (!v1) {
      add_memory_v2(out, *resources.memory);
    } else if (is_set(resources.memory->limit)) {
      add(out, "MemoryLimit", or_infinity(*resources.memory->limit));
    }
  }
  if (resources.cpu) add_cpu(out, *resources.cpu, layout);
  if (resources.block_io && is_set(resources.block_io->weight)) {
    const uint16_t weight = *resources.block_io->weight;
    if (v1) {
      add(out, "BlockIOWeight", weight);
    } else {
      add(out, "IOWeight", weights == IoWeights::Bfq ? systemd_weight_for_bfq(weight) : io_weight(weight));
    }
  }
  if (resources.pids && resources.pids->limit) add(out, "TasksMax", tasks(*resources.pids->limit));
  if (!v1) add_unified(out, resources.unified);
  return out;
}

Properties annotation_properties(const std::map<std::string, std::string>& annotations) {
  constexpr std::string_view prefix = "org.systemd.property.";
  Properties out;
  for (const auto& annotation : annotations) {
    const std::string& key = annotation.first;
    const std::string& text = annotation.second;
    if (!key.starts_with(prefix)) continue;
    std::string name = key.substr(prefix.size());
    in([&] { return cat("annotation ", key, " name incorrect"); }, [&] { check_property_name(name); });
    BusValue value = in([&] { return cat("annotation ", key, '=', text, " value parse error"); },
                        [&] {
                          BusValue parsed = parse_bus_value(text);
                          return is_seconds(name) ? microseconds(parsed) : std::move(parsed);
                        });
    if (is_seconds(name)) name.replace(name.size() - 3, 3, "USec");
    add(out, name, std::move(value));
  }
  return out;
}

Properties scope_properties(const Unit& unit, std::string_view id, int pid, SystemdLayout layout) {
  Properties out;
  BusValue::Parts pids;
  pids.push_back(BusValue::u32(static_cast<uint32_t>(pid)));
  add(out, "Description", BusValue::text(cat("OCI container ", id)));
  add(out, "Slice", BusValue::text(unit.slice));
  add(out, "Delegate", BusValue::boolean(true));
  add(out, "PIDs", BusValue::array("u", std::move(pids)));
  const std::string_view io = layout == SystemdLayout::V1 ? "BlockIOAccounting" : "IOAccounting";
  for (const std::string_view name : {std::string_view("MemoryAccounting"), std::string_view("CPUAccounting"), io,
                                      std::string_view("TasksAccounting")}) {
    add(out, name, BusValue::boolean(true));
  }
  add(out, "DefaultDependencies", BusValue::boolean(false));
  return out;
}

Properties oom_properties(const std::map<std::string, std::string>& unified) {
  Properties out;
  const auto found = unified.find("memory.oom.group");
  if (found == unified.end()) return out;
  const uint64_t group = UnifiedValue(found->first, found->second).number();
  if (group <= 1) add(out, "OOMPolicy", BusValue::text(group == 1 ? "kill" : "continue"));
  return out;
}

oci::Resources in_steps_of_systemd(oci::Resources resources) {
  auto& cpu = resources.cpu;
  if (!cpu || cpu->quota.value_or(0) <= 0) return resources;
  const uint64_t period = is_set(cpu->period) ? *cpu->period : kDefaultPeriod;
  const auto quota = static_cast<uint64_t>(*cpu->quota);
  const uint64_t rounded = cpu_per_second(quota, period);
  if (rounded != kInfinity && rounded != quota * kMicroseconds / period)
    cpu->quota = static_cast<int64_t>(rounded * period / kMicroseconds);
  return resources;
}

} // namespace skiff::cgroups
