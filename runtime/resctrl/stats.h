// What the resctrl file system says of a container's class: the kernel's resctrl.rst.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "runtime/resctrl/resctrl.h"

namespace skiff::resctrl {

// info/L3
struct CacheInfo {
  std::string mask; // of all that can be given, hexadecimal
  uint64_t min_bits = 0;
  uint64_t classes = 0;
};

// info/MB
struct BandwidthInfo {
  uint64_t granularity = 0;
  uint64_t delay_linear = 0;
  uint64_t min_bandwidth = 0;
  uint64_t classes = 0;
};

// Bytes that went through the memory controllers, for each domain of the cache.
struct BandwidthUse {
  uint64_t total = 0;
  uint64_t local = 0; // of these to the own node
};

// Where the kernel controls or counts no such thing, it is not there.
struct Stats {
  struct Cache {
    CacheInfo info;
    std::string root_schema; // its line in the root's schemata; empty = none
    std::string schema;      // and in the class's
  };
  struct Bandwidth {
    BandwidthInfo info;
    std::string root_schema;
    std::string schema;
  };
  std::optional<Cache> cache;
  std::optional<Bandwidth> bandwidth;
  std::vector<std::string> schemata; // all lines of the class
  // Of the container alone where it has a monitoring group, else of its class.
  std::optional<std::vector<BandwidthUse>> bandwidth_use;
  std::optional<std::vector<uint64_t>> cache_use; // bytes, for each domain of the cache
};

// Nothing for a container that is in no class, or where nothing is mounted any more. Throws Error.
std::optional<Stats> read_stats(const Place& place);

} // namespace skiff::resctrl
