// Undoing writes to cgroup files.
#include "runtime/cgroups/rollback.h"

#include <algorithm>

#include "runtime/base/text.h"
#include "runtime/cgroups/tree.h"

namespace skiff::cgroups {

namespace {

// How a line says that there is no limit, in the files that have a line for each device.
struct Keyed {
  std::string_view file;
  std::string_view no_limit;
};
constexpr Keyed kKeyed[] = {
    {"blkio.bfq.weight_device", "0"},
    {"blkio.leaf_weight_device", "0"},
    {"blkio.throttle.read_bps_device", "0"},
    {"blkio.throttle.read_iops_device", "0"},
    {"blkio.throttle.write_bps_device", "0"},
    {"blkio.throttle.write_iops_device", "0"},
    {"blkio.weight_device", "0"},
    {"io.bfq.weight", "default"},
    {"io.max", "rbps=max wbps=max riops=max wiops=max"},
    {"io.weight", "default"},
    {"net_prio.ifpriomap", "0"},
    {"rdma.max", "hca_handle=max hca_object=max"},
};

const Keyed* keyed(std::string_view file) {
  const auto* const found =
      std::find_if(std::begin(kKeyed), std::end(kKeyed), [&](const Keyed& entry) { return entry.file == file; });
  return found == std::end(kKeyed) ? nullptr : found;
}

std::string_view first_word(std::string_view line) {
  return line.substr(0, line.find(' '));
}

std::string line_of(std::string_view text, std::string_view key, const Keyed& kind) {
  for (const auto line : lines(text)) {
    if (first_word(line) == key) return std::string(line);
  }
  return cat(key, ' ', kind.no_limit);
}

} // namespace

std::vector<std::string> undoing_writes(std::string_view file, std::string_view written, std::string_view before) {
  std::vector<std::string> out;
  const Keyed* const kind = keyed(file);
  if (kind != nullptr && written.find(' ') != std::string_view::npos) {
    for (const auto line : lines(written)) out.push_back(line_of(before, first_word(line), *kind));
    return out;
  }
  const auto all = lines(trim(before));
  if (all.empty()) return {"\n"}; // an empty cpuset; nothing at all would be no write
  // With keys, the first line is the default. Without, several lines are a report, as of memory.oom_control.
  if (all.size() == 1 || kind != nullptr) out.emplace_back(all.front());
  return out;
}

Rollback::~Rollback() {
  for (auto write = writes_.rbegin(); write != writes_.rend(); ++write) {
    (void)try_write(write->directory, write->file, write->value);
  }
}

void Rollback::remember(const std::string& directory, const std::string& file, std::string_view value) {
  auto before = try_read(directory, file);
  if (!before) return;
  for (auto& undoing : undoing_writes(file, value, *before)) {
    writes_.push_back({directory, file, std::move(undoing)});
  }
}

} // namespace skiff::cgroups
