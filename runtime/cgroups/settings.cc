// Values common to cgroup v1 and v2.
#include "runtime/cgroups/settings.h"

#include "runtime/base/text.h"

namespace skiff::cgroups {

std::string pids_value(int64_t limit) {
  if (limit < 0) return "max";
  return limit == 0 ? "1" : cat(limit);
}

std::string rdma_value(std::string_view device, const oci::Rdma& limits) {
  std::string out(device);
  if (limits.hca_handles) out += cat(" hca_handle=", *limits.hca_handles);
  if (limits.hca_objects) out += cat(" hca_object=", *limits.hca_objects);
  return out;
}

} // namespace skiff::cgroups
