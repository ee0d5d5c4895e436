// What a seccomp profile means, read off config-linux.md without any compiler: the judge of the compiled filters.
#pragma once

#include <linux/seccomp.h>

#include <cerrno>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci-spec/linux.h"

namespace skiff::test {

// A system call table: the number under a name, nothing for a name that the architecture does not have.
using Table = std::map<std::string, int, std::less<>>;

class SeccompModel {
public:
  SeccompModel(const oci::Seccomp& profile, const Table& table) : profile_(profile) {
    for (const oci::SeccompRule& rule : profile.syscalls)
      for (const std::string& name : rule.names) {
        const auto found = table.find(name);
        if (found == table.end()) continue;
        rules_[found->second].push_back(&rule);
        if (found->second > last_) last_ = found->second;
      }
  }

  // The one verdict that the profile allows, or nothing where rules contradict each other.
  std::optional<uint32_t> verdict(int nr, const std::vector<uint64_t>& args) const {
    if (nr > last_ && last_ > 0 && denies()) return uint32_t{SECCOMP_RET_ERRNO} | ENOSYS;
    std::optional<uint32_t> found;
    const auto rules = rules_.find(nr);
    if (rules != rules_.end())
      for (const oci::SeccompRule* rule : rules->second) {
        const uint32_t action = code(rule->action, rule->errno_ret);
        if (action == default_code() || !matches(*rule, args)) continue;
        if (found && *found != action) return std::nullopt;
        found = action;
      }
    return found.value_or(default_code());
  }

  // The argument vectors at which the verdict for `nr` may change, with their neighbours.
  std::vector<std::vector<uint64_t>> interesting_args(int nr) const {
    std::vector<std::vector<uint64_t>> all{std::vector<uint64_t>(6, 0), std::vector<uint64_t>(6, ~uint64_t{0})};
    const auto rules = rules_.find(nr);
    if (rules == rules_.end()) return all;
    for (const oci::SeccompRule* rule : rules->second) {
      if (rule->args.empty()) continue;
      std::vector<uint64_t> base(6, 0);
      for (const oci::SeccompArg& arg : rule->args) base[arg.index] = target(arg);
      all.push_back(base);
      for (const oci::SeccompArg& arg : rule->args)
        for (const uint64_t value : around(arg)) {
          std::vector<uint64_t> varied = base;
          varied[arg.index] = value;
          all.push_back(varied);
        }
    }
    return all;
  }

private:
  static uint64_t target(const oci::SeccompArg& arg) {
    return arg.op == oci::SeccompOperator::masked_eq ? arg.value_two : arg.value;
  }

  static std::vector<uint64_t> around(const oci::SeccompArg& arg) {
    const uint64_t value = target(arg);
    return {0,
            1,
            value - 1,
            value,
            value + 1,
            ~value,
            value | 1U << 31,
            value ^ arg.value,
            value + (uint64_t{1} << 32),
            value - (uint64_t{1} << 32)};
  }

  bool denies() const {
    using enum oci::SeccompAction;
    const oci::SeccompAction action = profile_.default_action;
    return action != allow && action != log && action != trace;
  }

  uint32_t default_code() const { return code(profile_.default_action, profile_.default_errno_ret); }

  static uint32_t code(oci::SeccompAction action, const std::optional<uint32_t>& errno_ret) {
    switch (action) {
    case oci::SeccompAction::kill:
    case oci::SeccompAction::kill_thread:
      return SECCOMP_RET_KILL_THREAD;
    case oci::SeccompAction::kill_process:
      return SECCOMP_RET_KILL_PROCESS;
    case oci::SeccompAction::trap:
      return SECCOMP_RET_TRAP;
    case oci::SeccompAction::errno_:
      return SECCOMP_RET_ERRNO | errno_ret.value_or(EPERM);
    case oci::SeccompAction::trace:
      return SECCOMP_RET_TRACE | errno_ret.value_or(EPERM);
    case oci::SeccompAction::allow:
      return SECCOMP_RET_ALLOW;
    case oci::SeccompAction::log:
      return SECCOMP_RET_LOG;
    case oci::SeccompAction::notify:
      return SECCOMP_RET_USER_NOTIF;
    }
    return 0;
  }

  static bool matches(const oci::SeccompArg& arg, uint64_t value) {
    switch (arg.op) {
    case oci::SeccompOperator::ne:
      return value != arg.value;
    case oci::SeccompOperator::lt:
      return value < arg.value;
    case oci::SeccompOperator::le:
      return value <= arg.value;
    case oci::SeccompOperator::eq:
      return value == arg.value;
    case oci::SeccompOperator::ge:
      return value >= arg.value;
    case oci::SeccompOperator::gt:
      return value > arg.value;
    case oci::SeccompOperator::masked_eq:
      return (value & arg.value) == arg.value_two;
    }
    return false;
  }

  // All checks must hold, unless one argument is checked twice: then any of them.
  static bool matches(const oci::SeccompRule& rule, const std::vector<uint64_t>& args) {
    std::vector<int> checks(6, 0);
    size_t holding = 0;
    bool repeated = false;
    for (const oci::SeccompArg& arg : rule.args) {
      if (matches(arg, args[arg.index])) ++holding;
      repeated = repeated || ++checks[arg.index] > 1;
    }
    return repeated ? holding > 0 : holding == rule.args.size();
  }

  const oci::Seccomp& profile_;
  std::map<int, std::vector<const oci::SeccompRule*>> rules_;
  int last_ = 0;
};

} // namespace skiff::test
