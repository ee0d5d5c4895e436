#include "runtime/launch/rlimits.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "runtime/base/error.h"
#include "runtime/base/text.h"

namespace skiff::launch {

namespace {

struct Resource {
  std::string_view name;
  __rlimit_resource number;
};
constexpr std::array kResources{
    Resource{"RLIMIT_AS", RLIMIT_AS},
    Resource{"RLIMIT_CORE", RLIMIT_CORE},
    Resource{"RLIMIT_CPU", RLIMIT_CPU},
    Resource{"RLIMIT_DATA", RLIMIT_DATA},
    Resource{"RLIMIT_FSIZE", RLIMIT_FSIZE},
    Resource{"RLIMIT_LOCKS", RLIMIT_LOCKS},
    Resource{"RLIMIT_MEMLOCK", RLIMIT_MEMLOCK},
    Resource{"RLIMIT_MSGQUEUE", RLIMIT_MSGQUEUE},
    Resource{"RLIMIT_NICE", RLIMIT_NICE},
    Resource{"RLIMIT_NOFILE", RLIMIT_NOFILE},
    Resource{"RLIMIT_NPROC", RLIMIT_NPROC},
    Resource{"RLIMIT_RSS", RLIMIT_RSS},
    Resource{"RLIMIT_RTPRIO", RLIMIT_RTPRIO},
    Resource{"RLIMIT_RTTIME", RLIMIT_RTTIME},
    Resource{"RLIMIT_SIGPENDING", RLIMIT_SIGPENDING},
    Resource{"RLIMIT_STACK", RLIMIT_STACK},
};

} // namespace

std::vector<PlannedRlimit> plan_rlimits(const std::vector<oci::Rlimit>& limits) {
  std::vector<PlannedRlimit> planned;
  for (const oci::Rlimit& limit : limits) {
    const auto known = std::ranges::find(kResources, limit.type, &Resource::name);
    if (known == kResources.end()) throw Error(cat("invalid rlimit type: ", limit.type));
    rlimit64 own{};
    if (::prlimit64(0, known->number, nullptr, &own) != 0) throw Error(errno, cat("read rlimit ", limit.type));
    planned.push_back({known->number, limit.type, limit.soft, limit.hard, limit.hard > own.rlim_max});
  }
  return planned;
}

void set_rlimits(int pid, const std::vector<PlannedRlimit>& limits, Which which) {
  for (const PlannedRlimit& limit : limits) {
    if (limit.raises != (which == Which::raising)) continue;
    const rlimit64 value{.rlim_cur = limit.soft, .rlim_max = limit.hard};
    if (::prlimit64(pid, static_cast<__rlimit_resource>(limit.resource), &value, nullptr) != 0)
      throw Error(errno, cat("error setting rlimits for ready process: error setting rlimit type ", limit.name));
  }
}

} // namespace skiff::launch
