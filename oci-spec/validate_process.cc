// The rules for the process: config.md, "Process", "POSIX process", "Linux Process".
#include <algorithm>
#include <array>

#include "oci-spec/id_set.h"
#include "oci-spec/spec_describe.h"
#include "oci-spec/validate_rules.h"

namespace oci {

using skiff::cat;
using skiff::quote;

namespace {

constexpr std::array<std::string_view, 16> kRlimits = {
    "RLIMIT_AS",      "RLIMIT_CORE",     "RLIMIT_CPU",        "RLIMIT_DATA",   "RLIMIT_FSIZE", "RLIMIT_LOCKS",
    "RLIMIT_MEMLOCK", "RLIMIT_MSGQUEUE", "RLIMIT_NICE",       "RLIMIT_NOFILE", "RLIMIT_NPROC", "RLIMIT_RSS",
    "RLIMIT_RTPRIO",  "RLIMIT_RTTIME",   "RLIMIT_SIGPENDING", "RLIMIT_STACK",
};
static_assert(std::ranges::is_sorted(kRlimits));

constexpr std::array<std::string_view, 7> kSchedulerFlags = {
    "SCHED_FLAG_DL_OVERRUN",    "SCHED_FLAG_KEEP_PARAMS",    "SCHED_FLAG_KEEP_POLICY",    "SCHED_FLAG_RECLAIM",
    "SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_UTIL_CLAMP_MAX", "SCHED_FLAG_UTIL_CLAMP_MIN",
};
static_assert(std::ranges::is_sorted(kSchedulerFlags));

// Joins the path of the process with the name of something in it.
std::string below(std::string_view path, std::string_view name) {
  return path.empty() ? std::string(name) : cat(path, '.', name);
}

void check_env(const Rules& rules, const Process& process, std::string_view path) {
  for (size_t i = 0; i < process.env.size(); ++i) {
    const size_t equals = process.env[i].find('=');
    if (equals != std::string::npos && equals != 0) continue;
    rules.fail(below(path, cat("env[", i, ']')), equals == 0 ? "invalid environment variable: name cannot be empty"
                                                             : "invalid environment variable: missing '='");
  }
}

void check_rlimits(const Rules& rules, const Process& process, std::string_view path) {
  for (size_t i = 0; i < process.rlimits.size(); ++i) {
    const Rlimit& limit = process.rlimits[i];
    const std::string here = below(path, cat("rlimits[", i, ']'));
    if (!std::ranges::binary_search(kRlimits, limit.type)) {
      rules.fail(cat(here, ".type"), cat("wrong rlimit value: ", limit.type));
    }
    const auto before = process.rlimits.begin() + static_cast<std::ptrdiff_t>(i);
    if (std::find_if(process.rlimits.begin(), before, [&](const Rlimit& other) { return other.type == limit.type; }) !=
        before) {
      rules.fail(cat(here, ".type"), cat("expected each type once, found a second ", limit.type));
    }
    if (limit.soft > limit.hard) {
      rules.fail(cat(here, ".soft"), cat("expected at most the hard limit ", limit.hard, ", found ", limit.soft));
    }
  }
}

void check_scheduler(const Rules& rules, const Scheduler& scheduler, const std::string& path) {
  using enum SchedulerPolicy;
  const SchedulerPolicy policy = scheduler.policy;
  if ((policy == other || policy == batch) && (scheduler.nice < -20 || scheduler.nice > 19)) {
    rules.fail(cat(path, ".nice"),
               cat("invalid scheduler.nice: ", scheduler.nice, " when scheduler.policy is ", to_text(policy)));
  }
  if (scheduler.priority != 0 && policy != fifo && policy != rr) {
    rules.fail(cat(path, ".priority"), "scheduler.priority can only be specified for SchedFIFO or SchedRR policy");
  }
  const auto is_given = [](std::optional<uint64_t> time) { return time.value_or(0) != 0; };
  if (policy != deadline &&
      (is_given(scheduler.runtime) || is_given(scheduler.deadline) || is_given(scheduler.period))) {
    rules.fail(path, "scheduler runtime/deadline/period can only be specified for SchedDeadline policy");
  }
  for (size_t i = 0; i < scheduler.flags.size(); ++i) {
    if (std::ranges::binary_search(kSchedulerFlags, scheduler.flags[i])) continue;
    rules.fail(cat(path, ".flags[", i, ']'), cat("invalid scheduler flag: ", scheduler.flags[i]));
  }
}

void check_cpu_set(const Rules& rules, std::string_view set, const std::string& path, std::string_view what) {
  try {
    (void)parse_id_set(set);
  } catch (const SpecError& reason) {
    rules.fail(path, cat("bad CPUAffinity.", what, ": ", std::string_view(reason.what())));
  }
}

} // namespace

void check_process(const Rules& rules, const Process& process, std::string_view path) {
  if (process.cwd.empty()) rules.fail(below(path, "cwd"), "Cwd property must not be empty");
  if (!process.cwd.starts_with('/')) rules.fail(below(path, "cwd"), "Cwd must be an absolute path");
  if (process.args.empty()) rules.fail(below(path, "args"), "args must not be empty");
  check_env(rules, process, path);
  check_rlimits(rules, process, path);
  if (process.oom_score_adj && (*process.oom_score_adj < -1000 || *process.oom_score_adj > 1000)) {
    rules.fail(below(path, "oomScoreAdj"), cat("expected -1000 to 1000, found ", *process.oom_score_adj));
  }
  if (process.scheduler) check_scheduler(rules, *process.scheduler, below(path, "scheduler"));
  if (process.io_priority && (process.io_priority->priority < 0 || process.io_priority->priority > 7)) {
    rules.fail(below(path, "ioPriority.priority"), cat("invalid ioPriority.Priority: ", process.io_priority->priority));
  }
  if (process.exec_cpu_affinity) {
    const std::string here = below(path, "execCPUAffinity");
    check_cpu_set(rules, process.exec_cpu_affinity->initial, cat(here, ".initial"), "Initial");
    check_cpu_set(rules, process.exec_cpu_affinity->final, cat(here, ".final"), "Final");
  }
}

} // namespace oci
