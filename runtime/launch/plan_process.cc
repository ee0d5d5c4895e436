// The program and its rights: config.md, "Process".
#include <linux/seccomp.h>

#include "runtime/base/text.h"
#include "runtime/launch/plan_parts.h"
#include "runtime/launch/rlimits.h"
#include "runtime/log/log.h"
#include "runtime/security/seccomp_cache.h"

namespace skiff::launch {

namespace {

// The kernel allows in the ambient set only what is permitted and inheritable as well: capabilities(7). runc warns of
// the others and goes on. With no inheritable ones at all it is no mistake of the user: engines stopped writing these
// after CVE-2022-24769, Buildah 1.28 kept the ambient ones, and shows its users what we write on stderr.
uint64_t possible_ambient(const security::CapabilitySets& sets) {
  const uint64_t possible = sets.ambient & sets.permitted & sets.inheritable;
  if (sets.inheritable == 0) return possible;
  const std::vector<std::string> names = security::capability_names();
  for (size_t number = 0; number < names.size(); ++number) {
    if ((sets.ambient & ~possible) >> number & 1)
      log::warn(cat("can't raise ambient capability ", names[number], ": operation not permitted"));
  }
  return possible;
}

security::CapabilitySets plan_capabilities(const oci::Process& process) {
  if (!process.capabilities) return {};
  std::vector<std::string> unknown;
  security::CapabilitySets sets = security::resolve(*process.capabilities, unknown);
  if (!unknown.empty()) {
    std::string names;
    for (const std::string& name : unknown) names += cat(names.empty() ? "" : " ", name);
    log::warn(cat("ignoring unknown or unavailable capabilities: [", names, "]"));
  }
  sets.ambient = possible_ambient(sets);
  return sets;
}

// Of several values for one name the last wins, in the first one's place.
std::vector<std::string> without_duplicates(const std::vector<std::string>& env) {
  std::vector<std::string> unique;
  std::map<std::string_view, size_t> place;
  for (const std::string& entry : env) {
    const std::string_view name = std::string_view(entry).substr(0, entry.find('='));
    const auto [known, is_new] = place.emplace(name, unique.size());
    if (is_new) {
      unique.push_back(entry);
    } else {
      unique[known->second] = entry;
    }
  }
  return unique;
}

} // namespace

ProcessPlan plan_process(const oci::Process& process, const oci::Spec& spec) {
  ProcessPlan plan;
  plan.args = process.args;
  plan.env = without_duplicates(process.env);
  plan.cwd = process.cwd;
  plan.uid = process.user.uid;
  plan.gid = process.user.gid;
  plan.groups.assign(process.user.additional_gids.begin(), process.user.additional_gids.end());
  plan.umask = process.user.umask.value_or(0022);
  plan.capabilities = plan_capabilities(process);
  plan.no_new_privileges = process.no_new_privileges;
  plan.label = security::exec_label(process);
  plan.terminal = process.terminal;
  plan.console_size = process.console_size.value_or(oci::ConsoleSize{});
  plan.scheduler = process.scheduler;
  plan.io_priority = process.io_priority;
  plan.rlimits = plan_rlimits(process.rlimits);
  plan.oom_score_adj = process.oom_score_adj;
  plan.keyring_label = process.selinux_label;
  const oci::Resources* limits = spec.linux_ && spec.linux_->resources ? &*spec.linux_->resources : nullptr;
  plan.has_cpuset = limits && limits->cpu && !limits->cpu->cpus.empty();
  return plan;
}

security::SeccompFilter plan_seccomp(const oci::Seccomp& profile, const std::string& cache, bool listens_always) {
  security::SeccompFilter filter =
      cache.empty() ? security::compile(profile) : security::compile_cached(profile, cache);
  if (listens_always && !profile.listener_path.empty()) {
    filter.notifies = true;
    filter.flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
  }
  log::debug(cat("seccomp filter flags: ", filter.flags));
  return filter;
}

} // namespace skiff::launch
