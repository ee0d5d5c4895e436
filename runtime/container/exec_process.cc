// The process of `exec`: the container's own with changes, or the one of --process with the container's in its gaps.
#include "oci-spec/error.h"
#include "oci-spec/validate.h"
#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/container/exec.h"
#include "runtime/sys/file.h"

namespace skiff {

namespace {

uint32_t parse_id(std::string_view text, std::string_view what) {
  const auto id = parse_number<uint32_t>(text);
  if (!id) throw Error(cat("bad ", what, ": strconv.Atoi: parsing ", quote(text), ": invalid syntax"));
  return *id;
}

void set_user(oci::User& user, std::string_view text) {
  const size_t colon = text.find(':');
  if (colon != std::string_view::npos) user.gid = parse_id(text.substr(colon + 1), "gid");
  user.uid = parse_id(text.substr(0, colon), "uid");
}

void add_capabilities(oci::Process& process, const std::vector<std::string>& names) {
  if (names.empty()) return;
  if (!process.capabilities) process.capabilities.emplace();
  oci::Capabilities& sets = *process.capabilities;
  for (std::vector<std::string>* set : {&sets.bounding, &sets.effective, &sets.permitted})
    set->insert(set->end(), names.begin(), names.end());
  // Ambient ones have to be inheritable too, which these are not by themselves; runc's rule.
  if (!sets.inheritable.empty()) sets.ambient.insert(sets.ambient.end(), names.begin(), names.end());
}

oci::Process changed(oci::Process process, const ExecOptions& options, const Policy& policy) {
  if (options.args.empty()) throw Error("exec args cannot be empty");
  process.args = options.args;
  if (!options.cwd.empty()) process.cwd = options.cwd;
  if (!options.user.empty()) set_user(process.user, options.user);
  for (const int gid : options.additional_gids) {
    if (gid < 0) throw Error(cat("additional-gids must be a positive number ", gid));
    process.user.additional_gids.push_back(static_cast<uint32_t>(gid));
  }
  process.env.insert(process.env.end(), options.env.begin(), options.env.end());
  add_capabilities(process, options.capabilities);
  if (policy.exec_drops_no_new_privileges) process.no_new_privileges = false;
  if (options.no_new_privileges) process.no_new_privileges = *options.no_new_privileges;
  if (!options.apparmor_profile.empty()) process.apparmor_profile = options.apparmor_profile;
  if (!options.process_label.empty()) process.selinux_label = options.process_label;
  process.terminal = options.terminal;
  process.console_size.reset(); // of the container's terminal, not of this one
  return process;
}

// Engines write the whole object; from a shorter one these are missing, and the container's hold (as with runc).
void fill_gaps(oci::Process& process, const oci::Process& container) {
  if (!process.capabilities) process.capabilities = container.capabilities;
  if (process.apparmor_profile.empty()) process.apparmor_profile = container.apparmor_profile;
  if (process.selinux_label.empty()) process.selinux_label = container.selinux_label;
  if (process.rlimits.empty()) process.rlimits = container.rlimits;
  if (!process.scheduler) process.scheduler = container.scheduler;
  if (!process.io_priority) process.io_priority = container.io_priority;
  if (!process.exec_cpu_affinity) process.exec_cpu_affinity = container.exec_cpu_affinity;
  if (!process.oom_score_adj) process.oom_score_adj = container.oom_score_adj;
  if (!process.user.umask) process.user.umask = container.user.umask;
}

} // namespace

oci::Process process_without_program() {
  oci::Process process;
  process.cwd = "/";
  return process;
}

oci::Process exec_process(const oci::Process& container, const ExecOptions& options, const Policy& policy) {
  try {
    if (options.process_file.empty()) {
      oci::Process process = changed(container, options, policy);
      oci::validate(process, "process");
      return process;
    }
    oci::Process process = oci::parse_process(sys::read_file(options.process_file), options.process_file);
    oci::validate(process, options.process_file);
    fill_gaps(process, container);
    return process;
  } catch (const oci::SpecError& error) {
    throw Error(error.what());
  }
}

} // namespace skiff
