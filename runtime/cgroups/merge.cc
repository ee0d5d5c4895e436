// Merging resources.
#include "runtime/cgroups/merge.h"

#include <algorithm>

namespace skiff::cgroups {

namespace {

template <class T> void take_unless_zero(std::optional<T>& before, const std::optional<T>& update) {
  if (update && *update != 0) before = update;
}
template <class T> void take_if_set(std::optional<T>& before, const std::optional<T>& update) {
  if (update) before = update;
}
void take_unless_empty(std::string& before, const std::string& update) {
  if (!update.empty()) before = update;
}
// The part of `before` to be changed, made if there is none yet.
template <class T> T& part(std::optional<T>& before) {
  return before ? *before : before.emplace();
}

void merge_memory(oci::MemoryLimits& before, const oci::MemoryLimits& update) {
  // As in v1: unlimited memory is unlimited swap too, unless the update says otherwise.
  if (update.limit == -1 && !update.swap) before.swap.reset();
  take_unless_zero(before.limit, update.limit);
  take_unless_zero(before.reservation, update.reservation);
  take_unless_zero(before.swap, update.swap);
  take_unless_zero(before.swappiness, update.swappiness);
  take_if_set(before.disable_oom_killer, update.disable_oom_killer);
}

void merge_cpu(oci::CpuLimits& before, const oci::CpuLimits& update) {
  take_unless_zero(before.shares, update.shares);
  take_unless_zero(before.quota, update.quota);
  take_unless_zero(before.period, update.period);
  take_unless_zero(before.realtime_runtime, update.realtime_runtime);
  take_unless_zero(before.realtime_period, update.realtime_period);
  take_if_set(before.burst, update.burst);
  take_if_set(before.idle, update.idle);
  take_unless_empty(before.cpus, update.cpus);
  take_unless_empty(before.mems, update.mems);
}

// The entry for the same device, from the end: of several the last one counts. Appended where there is none.
template <class T> T& entry_for(std::vector<T>& entries, const T& device) {
  const auto found = std::find_if(entries.rbegin(), entries.rend(), [&](const T& entry) {
    return entry.major == device.major && entry.minor == device.minor;
  });
  if (found != entries.rend()) return *found;
  auto& entry = entries.emplace_back();
  entry.major = device.major;
  entry.minor = device.minor;
  return entry;
}

void merge_throttles(std::vector<oci::ThrottleDevice>& before, const std::vector<oci::ThrottleDevice>& update) {
  for (const auto& device : update) entry_for(before, device).rate = device.rate;
}

void merge_block_io(oci::BlockIo& before, const oci::BlockIo& update) {
  take_unless_zero(before.weight, update.weight);
  take_unless_zero(before.leaf_weight, update.leaf_weight);
  for (const auto& device : update.weight_device) {
    auto& entry = entry_for(before.weight_device, device);
    take_if_set(entry.weight, device.weight);
    take_if_set(entry.leaf_weight, device.leaf_weight);
  }
  merge_throttles(before.throttle_read_bps_device, update.throttle_read_bps_device);
  merge_throttles(before.throttle_write_bps_device, update.throttle_write_bps_device);
  merge_throttles(before.throttle_read_iops_device, update.throttle_read_iops_device);
  merge_throttles(before.throttle_write_iops_device, update.throttle_write_iops_device);
}

void merge_pages(std::vector<oci::HugepageLimit>& before, const std::vector<oci::HugepageLimit>& update) {
  for (const auto& page : update) {
    std::erase_if(before, [&](const oci::HugepageLimit& old) { return old.page_size == page.page_size; });
    before.push_back(page);
  }
}

void merge_network(oci::NetworkLimits& before, const oci::NetworkLimits& update) {
  take_unless_zero(before.class_id, update.class_id);
  for (const auto& interface : update.priorities) {
    std::erase_if(before.priorities, [&](const oci::InterfacePriority& old) { return old.name == interface.name; });
    before.priorities.push_back(interface);
  }
}

bool is_for_all_devices(const oci::DeviceRule& rule) {
  return rule.type.empty() || rule.type == "a";
}

// Rules are applied one after the other, and one for all devices makes those before it pointless.
void merge_devices(std::vector<oci::DeviceRule>& before, const std::vector<oci::DeviceRule>& update) {
  for (const auto& rule : update) {
    if (is_for_all_devices(rule)) before.clear();
    before.push_back(rule);
  }
}

} // namespace

bool changes_devices(const oci::Resources& update) {
  const auto& rules = update.devices;
  return !rules.empty() && !(rules.size() == 1 && is_for_all_devices(rules.front()) && !rules.front().allow);
}

oci::Resources merge(oci::Resources before, const oci::Resources& update) {
  if (changes_devices(update)) merge_devices(before.devices, update.devices);
  if (update.memory) merge_memory(part(before.memory), *update.memory);
  if (update.cpu) merge_cpu(part(before.cpu), *update.cpu);
  if (update.pids) take_if_set(part(before.pids).limit, update.pids->limit);
  if (update.block_io) merge_block_io(part(before.block_io), *update.block_io);
  merge_pages(before.hugepage_limits, update.hugepage_limits);
  if (update.network) merge_network(part(before.network), *update.network);
  for (const auto& [device, limits] : update.rdma) before.rdma[device] = limits;
  before.unified.clear();
  return before;
}

oci::Resources completed(oci::Resources update, const oci::Resources& merged) {
  const auto is_set = [](const auto& number) { return number && *number != 0; };
  update.devices.clear();
  if (update.memory) {
    auto& memory = *update.memory;
    if (is_set(memory.limit) || is_set(memory.swap)) {
      memory.limit = merged.memory->limit;
      memory.swap = merged.memory->swap;
    }
    if (!is_set(memory.swappiness)) memory.swappiness.reset();
  }
  if (update.cpu) {
    auto& cpu = *update.cpu;
    if (is_set(cpu.quota) || is_set(cpu.period)) {
      cpu.quota = merged.cpu->quota;
      cpu.period = merged.cpu->period;
    }
  }
  return update;
}

} // namespace skiff::cgroups
