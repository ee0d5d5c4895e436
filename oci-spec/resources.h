// linux.resources: config-linux.md, "Control groups". Also the document that `update --resources` reads.
// An absent number is "leave it as it is", so every limit is optional.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace oci {

// config-linux.md, "Allowed Device list". An absent major or minor matches any number.
struct DeviceRule {
  bool allow = false;
  std::string type; // "a", "c", "b"; empty = "a"
  std::optional<int64_t> major;
  std::optional<int64_t> minor;
  std::string access; // of "rwm"
};

// config-linux.md, "Memory". Bytes; -1 = unlimited.
struct MemoryLimits {
  std::optional<int64_t> limit;
  std::optional<int64_t> reservation;
  std::optional<int64_t> swap; // memory + swap
  std::optional<int64_t> kernel;
  std::optional<int64_t> kernel_tcp;
  std::optional<uint64_t> swappiness;
  std::optional<bool> disable_oom_killer;
  std::optional<bool> use_hierarchy;
  std::optional<bool> check_before_update;
};

// config-linux.md, "CPU". Microseconds, but for shares and idle.
struct CpuLimits {
  std::optional<uint64_t> shares;
  std::optional<int64_t> quota;
  std::optional<uint64_t> burst;
  std::optional<uint64_t> period;
  std::optional<int64_t> realtime_runtime;
  std::optional<uint64_t> realtime_period;
  std::string cpus;
  std::string mems;
  std::optional<int64_t> idle;
};

// config-linux.md, "PIDs". -1 = unlimited.
struct PidsLimits {
  std::optional<int64_t> limit;
};

// config-linux.md, "Block IO".
struct WeightDevice {
  int64_t major = 0;
  int64_t minor = 0;
  std::optional<uint16_t> weight;
  std::optional<uint16_t> leaf_weight;
};

struct ThrottleDevice {
  int64_t major = 0;
  int64_t minor = 0;
  uint64_t rate = 0; // bytes or operations per second
};

struct BlockIo {
  std::optional<uint16_t> weight;
  std::optional<uint16_t> leaf_weight;
  std::vector<WeightDevice> weight_device;
  std::vector<ThrottleDevice> throttle_read_bps_device;
  std::vector<ThrottleDevice> throttle_write_bps_device;
  std::vector<ThrottleDevice> throttle_read_iops_device;
  std::vector<ThrottleDevice> throttle_write_iops_device;
};

// config-linux.md, "Huge page limits". page_size: "2MB", "1GB", ...; limit in bytes.
struct HugepageLimit {
  std::string page_size;
  uint64_t limit = 0;
};

// config-linux.md, "Network".
struct InterfacePriority {
  std::string name;
  uint32_t priority = 0;
};

struct NetworkLimits {
  std::optional<uint32_t> class_id;
  std::vector<InterfacePriority> priorities;
};

// config-linux.md, "RDMA". The key of Resources::rdma is the device name.
struct Rdma {
  std::optional<uint32_t> hca_handles;
  std::optional<uint32_t> hca_objects;
};

struct Resources {
  std::vector<DeviceRule> devices;
  std::optional<MemoryLimits> memory;
  std::optional<CpuLimits> cpu;
  std::optional<PidsLimits> pids;
  std::optional<BlockIo> block_io;
  std::vector<HugepageLimit> hugepage_limits;
  std::optional<NetworkLimits> network;
  std::map<std::string, Rdma> rdma;
  std::map<std::string, std::string> unified; // cgroup v2 file -> value
};

} // namespace oci
