// Compiles a profile by libseccomp.
#include "runtime/security/seccomp.h"

#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>

#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/security/seccomp_enosys.h"
#include "runtime/security/seccomp_names.h"
#include "runtime/sys/fd.h"
#include "runtime/sys/file.h"

namespace skiff::security {

namespace {

using oci::SeccompAction;
using oci::SeccompOperator;

struct Release {
  void operator()(void* filter) const noexcept { ::seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, Release>;

// libseccomp's functions return the errno negated.
void check(int result, std::string_view what) {
  if (result < 0) throw Error(-result, what);
}

uint32_t native(SeccompAction action, const std::optional<uint32_t>& errno_ret) {
  const auto number = static_cast<uint16_t>(errno_ret.value_or(EPERM));
  switch (action) {
  case SeccompAction::kill:
  case SeccompAction::kill_thread:
    return SCMP_ACT_KILL_THREAD;
  case SeccompAction::kill_process:
    return SCMP_ACT_KILL_PROCESS;
  case SeccompAction::trap:
    return SCMP_ACT_TRAP;
  case SeccompAction::errno_:
    return SCMP_ACT_ERRNO(number);
  case SeccompAction::trace:
    return SCMP_ACT_TRACE(number);
  case SeccompAction::allow:
    return SCMP_ACT_ALLOW;
  case SeccompAction::log:
    return SCMP_ACT_LOG;
  case SeccompAction::notify:
    return SCMP_ACT_NOTIFY;
  }
  throw Error("invalid action, cannot use in rule");
}

scmp_compare native(SeccompOperator op) {
  switch (op) {
  case SeccompOperator::ne:
    return SCMP_CMP_NE;
  case SeccompOperator::lt:
    return SCMP_CMP_LT;
  case SeccompOperator::le:
    return SCMP_CMP_LE;
  case SeccompOperator::eq:
    return SCMP_CMP_EQ;
  case SeccompOperator::ge:
    return SCMP_CMP_GE;
  case SeccompOperator::gt:
    return SCMP_CMP_GT;
  case SeccompOperator::masked_eq:
    return SCMP_CMP_MASKED_EQ;
  }
  throw Error("invalid operator, cannot use in rule");
}

std::vector<scmp_arg_cmp> conditions_of(const oci::SeccompRule& rule, std::string_view name) {
  constexpr uint32_t kMaxArguments = 6;
  std::vector<scmp_arg_cmp> conditions;
  for (const oci::SeccompArg& arg : rule.args) {
    if (arg.index >= kMaxArguments)
      throw Error(cat("error creating seccomp syscall condition for syscall ", name,
                      ": syscalls only have up to 6 arguments (", arg.index, " given)"));
    conditions.push_back({arg.index, native(arg.op), arg.value, arg.value_two});
  }
  return conditions;
}

bool one_argument_twice(const std::vector<scmp_arg_cmp>& conditions) {
  for (size_t i = 0; i < conditions.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (conditions[i].arg == conditions[j].arg) return true;
  return false;
}

void add_rule(const Filter& filter, uint32_t action, int syscall, std::span<const scmp_arg_cmp> conditions,
              std::string_view context) {
  const int result = ::seccomp_rule_add_array(filter.get(), action, syscall, static_cast<unsigned>(conditions.size()),
                                              conditions.data());
  switch (-result) {
  case 0:
    return;
  case EPERM: // before libseccomp 2.5
  case EACCES:
    throw Error(cat(context, ": requested action matches default action of filter"));
  case EINVAL:
    throw Error(cat(context, ": two checks on same syscall argument"));
  default:
    throw Error(-result, context);
  }
}

void add_syscall(const Filter& filter, const oci::SeccompRule& rule, const std::string& name, uint32_t action) {
  if (name.empty()) throw Error("empty string is not a valid syscall");
  const int syscall = ::seccomp_syscall_resolve_name(name.c_str());
  if (syscall == __NR_SCMP_ERROR) return; // newer than libseccomp, or of another architecture
  if (rule.args.empty()) {
    add_rule(filter, action, syscall, {}, cat("error adding seccomp filter rule for syscall ", name));
    return;
  }
  const std::string context = cat("error adding seccomp rule for syscall ", name);
  const std::vector<scmp_arg_cmp> conditions = conditions_of(rule, name);
  if (!one_argument_twice(conditions)) {
    add_rule(filter, action, syscall, conditions, context);
    return;
  }
  // libseccomp wants one check per argument. Profiles were written with several when each check was a rule of its own,
  // so here they are alternatives, as they are in runc.
  for (const scmp_arg_cmp& condition : conditions) add_rule(filter, action, syscall, {&condition, 1}, context);
}

size_t count_syscalls(const oci::Seccomp& profile) {
  size_t count = 0;
  for (const oci::SeccompRule& rule : profile.syscalls) count += rule.names.size();
  return count;
}

Filter build(const oci::Seccomp& profile, const std::vector<uint32_t>& architectures) {
  const uint32_t default_action = native(profile.default_action, profile.default_errno_ret);
  Filter filter(::seccomp_init(default_action));
  if (!filter) throw Error("error creating filter: could not create filter");

  for (const uint32_t architecture : architectures) {
    const int result = ::seccomp_arch_add(filter.get(), architecture);
    if (result != -EEXIST) check(result, "error adding architecture to seccomp filter");
  }
  // A tree takes a third of the list's time to load and to run. libseccomp up to 2.5.4 makes a wrong one without rules,
  // and there is nothing to gain with a few: hence runc's bound.
  constexpr size_t kWorthATree = 32;
  if (count_syscalls(profile) > kWorthATree)
    check(::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2), "error setting seccomp filter optimization");

  for (const oci::SeccompRule& rule : profile.syscalls) {
    const uint32_t action = native(rule.action, rule.errno_ret);
    if (action == default_action) continue; // says nothing new, and libseccomp would refuse it
    for (const std::string& name : rule.names) add_syscall(filter, rule, name, action);
  }
  return filter;
}

// The code of a filter. By seccomp_export_bpf: its variant that writes to memory is new in libseccomp 2.6.
std::vector<sock_filter> export_code(const Filter& filter) {
  const sys::Fd file = sys::try_memfd("seccomp", MFD_CLOEXEC).or_throw("memfd_create");
  check(::seccomp_export_bpf(filter.get(), file.get()), "error exporting BPF");
  if (::lseek(file.get(), 0, SEEK_SET) != 0) throw Error(errno, "error exporting BPF: lseek");
  const std::string bytes = sys::try_read_all(file).or_throw("error exporting BPF: read");
  std::vector<sock_filter> code(bytes.size() / sizeof(sock_filter));
  std::memcpy(code.data(), bytes.data(), code.size() * sizeof(sock_filter));
  return code;
}

std::vector<uint32_t> architectures_of(const oci::Seccomp& profile) {
  std::vector<uint32_t> tokens;
  for (const std::string& name : profile.architectures) {
    const std::optional<uint32_t> token = architecture_token(name);
    if (!token) throw Error(cat("string ", name, " is not a valid arch for seccomp"));
    tokens.push_back(*token);
  }
  return tokens;
}

// Whether system calls that are newer than the profile shall get ENOSYS. Not where the default lets them through; a
// tracer ("trace") answers for them itself.
bool wants_enosys(const oci::Seccomp& profile) {
  switch (profile.default_action) {
  case SeccompAction::allow:
  case SeccompAction::log:
  case SeccompAction::trace:
    return false;
  case SeccompAction::errno_:
    return profile.default_errno_ret != std::optional<uint32_t>(ENOSYS);
  default:
    return true;
  }
}

// The largest system call that the profile names, per architecture. The native one counts even when it is not listed:
// the filter always has it.
std::vector<SyscallLimit> limits_of(const oci::Seccomp& profile, std::vector<uint32_t> architectures) {
  architectures.push_back(::seccomp_arch_native());
  std::sort(architectures.begin(), architectures.end());
  architectures.erase(std::unique(architectures.begin(), architectures.end()), architectures.end());
  std::vector<SyscallLimit> limits;
  for (const uint32_t architecture : architectures) {
    int last = 0; // numbers below zero are libseccomp's stand-ins for what the architecture does not have
    for (const oci::SeccompRule& rule : profile.syscalls)
      for (const std::string& name : rule.names)
        last = std::max(last, ::seccomp_syscall_resolve_name_arch(architecture, name.c_str()));
    if (last > 0) limits.push_back({architecture, static_cast<uint32_t>(last)});
  }
  return limits;
}

// The flags for seccomp(2), but NEW_LISTENER.
unsigned flags_of(const oci::Seccomp& profile) {
  const unsigned supported = kernel_filter_flags();
  // Without a word about flags the processor's speculation stays as it is, as with runc; an empty list is a word.
  if (!profile.flags) return supported & SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  unsigned flags = 0;
  for (const std::string& name : *profile.flags) {
    const std::optional<unsigned> flag = filter_flag(name);
    if (!flag) throw Error(cat("seccomp flag ", name, " is not known to skiff"));
    if ((*flag & ~supported) != 0) throw Error(cat("seccomp flag ", name, " is not supported by this kernel"));
    flags |= *flag;
  }
  return flags;
}

// True if the profile notifies. The agent gets the listener from a process that is under the filter already; it must
// not wait for the agent in the write that hands the listener over.
bool check_notify(const oci::Seccomp& profile) {
  if (profile.default_action == SeccompAction::notify) throw Error("SCMP_ACT_NOTIFY cannot be used as default action");
  bool notifies = false;
  for (const oci::SeccompRule& rule : profile.syscalls) {
    if (rule.action != SeccompAction::notify) continue;
    notifies = true;
    if (std::find(rule.names.begin(), rule.names.end(), "write") != rule.names.end())
      throw Error("SCMP_ACT_NOTIFY cannot be used for the write syscall");
  }
  if (notifies && !kernel_notifies()) throw Error("seccomp notify unsupported: this kernel is older than Linux 5.0");
  return notifies;
}

} // namespace

SeccompFilter prepare(const oci::Seccomp& profile) {
  SeccompFilter filter;
  filter.flags = flags_of(profile);
  (void)architectures_of(profile);
  filter.notifies = check_notify(profile);
  if (filter.notifies) filter.flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
  return filter;
}

std::vector<std::string> unknown_syscalls(const oci::Seccomp& profile) {
  std::vector<std::string> unknown;
  for (const oci::SeccompRule& rule : profile.syscalls)
    for (const std::string& name : rule.names)
      if (::seccomp_syscall_resolve_name(name.c_str()) == __NR_SCMP_ERROR) unknown.push_back(name);
  return unknown;
}

SeccompFilter compile(const oci::Seccomp& profile) {
  SeccompFilter filter = prepare(profile);
  const std::vector<uint32_t> architectures = architectures_of(profile);
  if (wants_enosys(profile)) filter.code = enosys_prologue(limits_of(profile, architectures));
  const std::vector<sock_filter> code = export_code(build(profile, architectures));
  filter.code.insert(filter.code.end(), code.begin(), code.end());
  if (filter.code.size() > BPF_MAXINSNS)
    throw Error(cat("the seccomp filter has ", filter.code.size(), " instructions, the kernel takes ", BPF_MAXINSNS));
  return filter;
}

} // namespace skiff::security
