// What the limits functions produce and the managers write.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "oci-spec/resources.h"

namespace skiff::cgroups {

// What to do when the kernel has no such file.
enum class IfMissing { Fail, Ignore };
// What to do on EINVAL: some pairs of values must be written in an order that depends on what was there before.
enum class IfInvalid { Fail, RetryLast };
// Whether the value must read back as written.
enum class ReadBack { No, Yes };

// One write(2) to a file of a cgroup. The controller is the file's name up to the first dot.
struct Setting {
  std::string file;
  std::string value;
  IfMissing if_missing = IfMissing::Fail;
  IfInvalid if_invalid = IfInvalid::Fail;
  ReadBack read_back = ReadBack::No;

  bool operator==(const Setting&) const = default;
};
using Settings = std::vector<Setting>;

// "memory" of "memory.max"; the whole name when it has no dot.
inline std::string_view controller_of(std::string_view file) {
  return file.substr(0, file.find('.'));
}

// The value of pids.max and rdma.max, which are the same in both versions. A pids limit of 0 becomes 1, as it does with
// systemd (a cgroup cannot hold less than the one process that is in it).
std::string pids_value(int64_t limit);
std::string rdma_value(std::string_view device, const oci::Rdma& limits);

} // namespace skiff::cgroups
