#include "runtime/init/scheduling.h"

#include <linux/mempolicy.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <vector>

#include "oci-spec/id_set.h"
#include "runtime/base/error.h"
#include "runtime/base/text.h"

namespace skiff::init {

namespace {

// sched_setattr(2); the C library has no declaration of it before glibc 2.41.
struct SchedAttr {
  uint32_t size;
  uint32_t policy;
  uint64_t flags;
  int32_t nice;
  uint32_t priority;
  uint64_t runtime, deadline, period;
};

template <class Value> struct Named {
  std::string_view name;
  Value value;
};
constexpr std::array kSchedFlags{
    Named<uint64_t>{"SCHED_FLAG_RESET_ON_FORK", 0x01},  Named<uint64_t>{"SCHED_FLAG_RECLAIM", 0x02},
    Named<uint64_t>{"SCHED_FLAG_DL_OVERRUN", 0x04},     Named<uint64_t>{"SCHED_FLAG_KEEP_POLICY", 0x08},
    Named<uint64_t>{"SCHED_FLAG_KEEP_PARAMS", 0x10},    Named<uint64_t>{"SCHED_FLAG_UTIL_CLAMP_MIN", 0x20},
    Named<uint64_t>{"SCHED_FLAG_UTIL_CLAMP_MAX", 0x40},
};
constexpr std::array kMemoryFlags{
    Named<unsigned>{"MPOL_F_NUMA_BALANCING", 1U << 13},
    Named<unsigned>{"MPOL_F_RELATIVE_NODES", 1U << 14},
    Named<unsigned>{"MPOL_F_STATIC_NODES", 1U << 15},
};

template <class Table> auto flags_of(const Table& table, const std::vector<std::string>& names, const char* what) {
  decltype(table.front().value) flags = 0;
  for (const std::string& name : names) {
    bool known = false;
    for (const auto& entry : table) {
      if (entry.name != name) continue;
      flags |= entry.value;
      known = true;
    }
    if (!known) throw Error(cat("invalid ", what, ": ", name));
  }
  return flags;
}

uint32_t policy_number(oci::SchedulerPolicy policy) {
  switch (policy) {
  case oci::SchedulerPolicy::other:
    return SCHED_OTHER;
  case oci::SchedulerPolicy::fifo:
    return SCHED_FIFO;
  case oci::SchedulerPolicy::rr:
    return SCHED_RR;
  case oci::SchedulerPolicy::batch:
    return SCHED_BATCH;
  case oci::SchedulerPolicy::iso:
    return 4; // reserved by the kernel, which refuses it
  case oci::SchedulerPolicy::idle:
    return SCHED_IDLE;
  case oci::SchedulerPolicy::deadline:
    return 6;
  }
  return SCHED_OTHER;
}

// sched(7), "SCHED_DEADLINE": what the kernel, which says no more than EINVAL, has against these times. In crun's
// words, as runc has none. Empty where it is something else.
std::string deadline_mistake(const oci::Scheduler& scheduler) {
  struct Time {
    const char* name;
    std::optional<uint64_t> value;
  };
  const Time runtime{"runtime", scheduler.runtime}, deadline{"deadline", scheduler.deadline};
  for (const Time& time : {runtime, deadline}) {
    if (!time.value) return cat("requires `", time.name, '`');
    if (*time.value == 0) return cat(time.name, " must be greater than 0");
  }
  const Time period{"period", scheduler.period.value_or(0) == 0 ? deadline.value : scheduler.period};
  const auto compare = [](const Time& less, const Time& more) {
    return *less.value <= *more.value
               ? std::string()
               : cat(less.name, " (", *less.value, ") must be <= ", more.name, " (", *more.value, ')');
  };
  for (const std::string& mistake : {compare(runtime, deadline), compare(deadline, period)})
    if (!mistake.empty()) return mistake;
  constexpr uint64_t kLeast = 1024, kMost = (uint64_t{1} << 63) - 1; // ns
  for (const Time& time : {runtime, deadline, period})
    if (*time.value < kLeast || *time.value > kMost)
      return cat(time.name, " (", *time.value, ") must be between ", kLeast, " and ", kMost);
  return {};
}

void refuse_scheduler(const oci::Scheduler& scheduler, int code) {
  const std::string mistake =
      code == EINVAL && scheduler.policy == oci::SchedulerPolicy::deadline ? deadline_mistake(scheduler) : "";
  if (mistake.empty()) throw Error(code, "error setting scheduler");
  throw Error(code, cat("error setting scheduler: sched_setattr: `SCHED_DEADLINE` ", mistake));
}

void set_scheduler(const oci::Scheduler& scheduler, bool has_cpuset) {
  const SchedAttr attr{.size = sizeof(SchedAttr),
                       .policy = policy_number(scheduler.policy),
                       .flags = flags_of(kSchedFlags, scheduler.flags, "scheduler flag"),
                       .nice = scheduler.nice,
                       .priority = static_cast<uint32_t>(scheduler.priority),
                       .runtime = scheduler.runtime.value_or(0),
                       .deadline = scheduler.deadline.value_or(0),
                       .period = scheduler.period.value_or(0)};
  if (::syscall(SYS_sched_setattr, 0, &attr, 0) == 0) return;
  if (errno == EPERM && has_cpuset) throw Error("process scheduler can't be used together with AllowedCPUs");
  refuse_scheduler(scheduler, errno);
}

void set_io_priority(const oci::IoPriority& priority) {
  constexpr int kProcess = 1, kClassShift = 13; // linux/ioprio.h
  const int io_class = priority.io_class == oci::IoPriorityClass::rt   ? 1
                       : priority.io_class == oci::IoPriorityClass::be ? 2
                                                                       : 3;
  if (::syscall(SYS_ioprio_set, kProcess, 0, io_class << kClassShift | priority.priority) != 0)
    throw Error(errno, "failed to set io priority");
}

void set_memory_policy(const oci::MemoryPolicy& policy) {
  // In the order of oci::MemoryPolicyMode.
  static constexpr std::array<unsigned, 7> kModes{
      0 /*default*/, 2 /*bind*/, 3 /*interleave*/, 6 /*weighted*/, 1 /*preferred*/, 5 /*many*/, 4 /*local*/};
  const unsigned mode =
      kModes[static_cast<size_t>(policy.mode)] | flags_of(kMemoryFlags, policy.flags, "memory policy flag");
  const std::vector<unsigned long> mask = oci::bit_mask(oci::parse_id_set(policy.nodes));
  const bool has_nodes = !mask.empty();
  if (::syscall(SYS_set_mempolicy, mode, has_nodes ? mask.data() : nullptr,
                has_nodes ? mask.size() * 8 * sizeof(unsigned long) + 1 : 0) != 0)
    throw Error(errno, "set memory policy");
}

} // namespace

void set_scheduling(const launch::ProcessPlan& process, const std::optional<oci::Personality>& personality,
                    const std::optional<oci::MemoryPolicy>& memory_policy) {
  if (process.scheduler) set_scheduler(*process.scheduler, process.has_cpuset);
  if (process.io_priority) set_io_priority(*process.io_priority);
  if (personality) {
    const bool narrow = personality->domain == oci::PersonalityDomain::linux32;
    if (::personality(narrow ? PER_LINUX32 : PER_LINUX) < 0) throw Error(errno, "set personality");
  }
  if (memory_policy) set_memory_policy(*memory_policy);
}

} // namespace skiff::init
