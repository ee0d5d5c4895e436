// Compiled seccomp filters against the meaning of their profiles, by running every system call number through both.
#include "runtime/security/seccomp.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "oci-spec/spec.h"
#include "runtime/base/error.h"
#include "runtime/security/seccomp_cache.h"
#include "runtime/security/seccomp_enosys.h"
#include "tests/unit/bpf_interpreter.h"
#include "tests/unit/catch.h"
#include "tests/unit/seccomp_model.h"

namespace security = skiff::security;
using oci::SeccompAction;
using oci::SeccompOperator;
using skiff::test::BpfInterpreter;
using skiff::test::SeccompModel;
using skiff::test::Table;

namespace {

constexpr uint32_t kEnosys = SECCOMP_RET_ERRNO | ENOSYS;
constexpr uint32_t kEperm = SECCOMP_RET_ERRNO | EPERM;
constexpr int kX32Bit = 1 << 30;

// All names of an architecture, for numbers below 1100.
Table table_of(uint32_t architecture) {
  Table table;
  for (int nr = 0; nr < 1100; ++nr)
    if (char* name = ::seccomp_syscall_resolve_num_arch(architecture, nr)) {
      table.emplace(name, nr);
      std::free(name);
    }
  return table;
}

uint32_t verdict(const security::SeccompFilter& filter, uint32_t arch, int nr, const std::vector<uint64_t>& args = {}) {
  seccomp_data data{};
  data.nr = nr;
  data.arch = arch;
  std::copy(args.begin(), args.end(), data.args);
  return BpfInterpreter(filter.code).run(data);
}

// Every number from 0 to 1100, each with the arguments that matter to it. An x86 call has arguments of 32 bits.
void check_against_model(const oci::Seccomp& profile, uint32_t arch, uint32_t token) {
  const security::SeccompFilter filter = security::compile(profile);
  const Table table = table_of(token);
  const SeccompModel model(profile, table);
  size_t wrong = 0;
  for (int nr = 0; nr <= 1100; ++nr)
    for (std::vector<uint64_t> args : model.interesting_args(nr)) {
      if (arch == AUDIT_ARCH_I386)
        for (uint64_t& value : args) value &= UINT32_MAX;
      const std::optional<uint32_t> expected = model.verdict(nr, args);
      if (!expected || verdict(filter, arch, nr, args) == *expected) continue;
      if (++wrong > 5) continue;
      CAPTURE(nr, args);
      CHECK(verdict(filter, arch, nr, args) == *expected);
    }
  CHECK(wrong == 0);
}

oci::Seccomp profile_of(SeccompAction default_action, std::vector<oci::SeccompRule> rules) {
  oci::Seccomp profile;
  profile.default_action = default_action;
  profile.architectures = {"SCMP_ARCH_X86_64"};
  profile.syscalls = std::move(rules);
  return profile;
}

oci::SeccompRule rule(std::vector<std::string> names, SeccompAction action, std::vector<oci::SeccompArg> args = {}) {
  return {.names = std::move(names), .action = action, .errno_ret = {}, .args = std::move(args)};
}

oci::SeccompArg arg(uint32_t index, SeccompOperator op, uint64_t value, uint64_t value_two = 0) {
  return {.index = index, .value = value, .value_two = value_two, .op = op};
}

// The kernel takes the filter, and answers ENOSYS to a system call from the future.
void check_load(const oci::Seccomp& profile) {
  security::SeccompFilter filter = security::compile(profile);
  const pid_t child = ::fork();
  if (child == 0) {
    const sock_fprog program{static_cast<unsigned short>(filter.code.size()), filter.code.data()};
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, filter.flags, &program) != 0) ::_exit(1);
    ::_exit(::syscall(1000) == -1 && errno == ENOSYS ? 0 : 2);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  CHECK(status == 0);
}

std::string error_of(const oci::Seccomp& profile) {
  try {
    (void)security::compile(profile);
  } catch (const skiff::Error& error) {
    return error.what();
  }
  return "";
}

} // namespace

TEST_CASE("a filter answers every system call as its profile says", "[unit][seccomp]") {
  using enum SeccompAction;
  using enum SeccompOperator;
  constexpr uint64_t kBig = 0x123456789abcdef0;
  const std::vector<oci::SeccompRule> rules{
      rule({"read", "write", "close", "openat"}, allow),
      rule({"clone"}, allow, {arg(0, masked_eq, 0x7e020000, 0)}),
      rule({"personality"}, allow, {arg(0, eq, 0x20008)}),
      rule({"personality"}, allow, {arg(0, eq, 0xffffffff)}),
      rule({"socket"}, allow, {arg(0, ne, 40)}),
      rule({"dup3"}, allow, {arg(0, eq, 1), arg(2, gt, kBig)}),
      rule({"lseek"}, allow, {arg(1, lt, kBig)}),
      rule({"ftruncate"}, allow, {arg(1, le, 4096)}),
      rule({"fallocate"}, trap, {arg(2, ge, kBig)}),
      rule({"mmap"}, log, {arg(2, masked_eq, 0xff00000000000004, 4)}),
      rule({"process_vm_readv"}, allow, {arg(0, eq, 100), arg(0, eq, 9001)}), // one argument twice: either
      rule({"ptrace"}, trace),
      rule({"mount"}, kill_process),
      rule({"reboot"}, kill),
      rule({"no_such_call_ever", "chown32"}, allow),
  };
  for (const SeccompAction default_action : {errno_, kill, kill_process, trap, allow, log, trace}) {
    INFO("default action " << static_cast<int>(default_action));
    check_against_model(profile_of(default_action, rules), AUDIT_ARCH_X86_64, SCMP_ARCH_X86_64);
  }
}

TEST_CASE("a filter with many rules is a tree, and says the same", "[unit][seccomp]") {
  const Table table = table_of(SCMP_ARCH_X86_64);
  std::vector<oci::SeccompRule> rules;
  int count = 0;
  for (const auto& [name, nr] : table)
    if (++count % 3 != 0) rules.push_back(rule({name}, count % 7 == 0 ? SeccompAction::log : SeccompAction::allow));
  check_against_model(profile_of(SeccompAction::errno_, rules), AUDIT_ARCH_X86_64, SCMP_ARCH_X86_64);
}

TEST_CASE("errno values are those of the profile", "[unit][seccomp]") {
  oci::Seccomp profile =
      profile_of(SeccompAction::errno_, {rule({"read"}, SeccompAction::errno_), rule({"write"}, SeccompAction::trace),
                                         rule({"writev"}, SeccompAction::allow)});
  profile.default_errno_ret = ENXIO;
  profile.syscalls[0].errno_ret = 0;
  profile.syscalls[1].errno_ret = 7;
  const security::SeccompFilter filter = security::compile(profile);
  CHECK(verdict(filter, AUDIT_ARCH_X86_64, SYS_read) == SECCOMP_RET_ERRNO);
  CHECK(verdict(filter, AUDIT_ARCH_X86_64, SYS_write) == (SECCOMP_RET_TRACE | 7));
  CHECK(verdict(filter, AUDIT_ARCH_X86_64, SYS_writev) == SECCOMP_RET_ALLOW);
  CHECK(verdict(filter, AUDIT_ARCH_X86_64, SYS_close) == (SECCOMP_RET_ERRNO | ENXIO));
  CHECK(verdict(filter, AUDIT_ARCH_X86_64, SYS_writev + 1) == kEnosys);
}

TEST_CASE("x86, x86_64 and x32 share one filter", "[unit][seccomp]") {
  oci::Seccomp profile = profile_of(SeccompAction::errno_, {rule({"read", "openat2", "socket"}, SeccompAction::allow)});
  profile.architectures = {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"};
  check_against_model(profile, AUDIT_ARCH_X86_64, SCMP_ARCH_X86_64);
  check_against_model(profile, AUDIT_ARCH_I386, SCMP_ARCH_X86);
  const security::SeccompFilter filter = security::compile(profile);
  CHECK(verdict(filter, AUDIT_ARCH_X86_64, kX32Bit | SYS_read) == SECCOMP_RET_ALLOW);
  CHECK(verdict(filter, AUDIT_ARCH_X86_64, kX32Bit | SYS_openat2) == SECCOMP_RET_ALLOW);
  CHECK(verdict(filter, AUDIT_ARCH_X86_64, kX32Bit | SYS_close) == kEperm);
  CHECK(verdict(filter, AUDIT_ARCH_X86_64, kX32Bit | (SYS_openat2 + 1)) == kEnosys);
  CHECK(verdict(filter, AUDIT_ARCH_AARCH64, 0) == SECCOMP_RET_KILL_THREAD);
}

TEST_CASE("without x32 in the profile its calls are refused, not answered ENOSYS", "[unit][seccomp]") {
  const oci::Seccomp profile = profile_of(SeccompAction::errno_, {rule({"read"}, SeccompAction::allow)});
  const security::SeccompFilter filter = security::compile(profile);
  CHECK(verdict(filter, AUDIT_ARCH_X86_64, kX32Bit | SYS_read) == SECCOMP_RET_KILL_THREAD);
  CHECK(verdict(filter, AUDIT_ARCH_X86_64, kX32Bit | 1000) == SECCOMP_RET_KILL_THREAD);
  CHECK(verdict(filter, AUDIT_ARCH_I386, 3) == SECCOMP_RET_KILL_THREAD);
}

TEST_CASE("the ENOSYS prologue leaves unnamed architectures and known calls to the filter", "[unit][seccomp]") {
  const std::vector<security::SyscallLimit> limits{
      {SCMP_ARCH_X32, 0x40000000 | 20}, {SCMP_ARCH_AARCH64, 50}, {SCMP_ARCH_X86_64, 10}, {SCMP_ARCH_S390X, 30}};
  security::SeccompFilter filter;
  filter.code = security::enosys_prologue(limits);
  filter.code.push_back({BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW});
  const struct {
    uint32_t arch;
    int nr;
    bool enosys;
  } cases[] = {
      {AUDIT_ARCH_X86_64, 0, false},
      {AUDIT_ARCH_X86_64, 10, false},
      {AUDIT_ARCH_X86_64, 11, true},
      {AUDIT_ARCH_X86_64, kX32Bit - 1, true},
      {AUDIT_ARCH_X86_64, kX32Bit, false},
      {AUDIT_ARCH_X86_64, kX32Bit | 20, false},
      {AUDIT_ARCH_X86_64, kX32Bit | 21, true},
      {AUDIT_ARCH_X86_64, -1, true},
      {AUDIT_ARCH_AARCH64, 0, false},
      {AUDIT_ARCH_AARCH64, 50, false},
      {AUDIT_ARCH_AARCH64, 51, true},
      {AUDIT_ARCH_AARCH64, -1, true},
      {AUDIT_ARCH_S390X, 0, true},
      {AUDIT_ARCH_S390X, 1, false},
      {AUDIT_ARCH_S390X, 30, false},
      {AUDIT_ARCH_S390X, 31, true},
      {AUDIT_ARCH_I386, 5000, false},
      {AUDIT_ARCH_PPC64LE, -1, false},
  };
  for (const auto& [arch, nr, enosys] : cases) {
    CAPTURE(arch, nr);
    CHECK(verdict(filter, arch, nr) == (enosys ? kEnosys : uint32_t{SECCOMP_RET_ALLOW}));
  }
  CHECK(security::enosys_prologue({}).empty());
}

TEST_CASE("profiles that runc refuses are refused with its words", "[unit][seccomp]") {
  using enum SeccompAction;
  CHECK(error_of(profile_of(notify, {})) == "SCMP_ACT_NOTIFY cannot be used as default action");
  CHECK(error_of(profile_of(allow, {rule({"read", "write"}, notify)})) ==
        "SCMP_ACT_NOTIFY cannot be used for the write syscall");
  CHECK(error_of(profile_of(allow, {rule({"kill"}, errno_, {arg(6, SeccompOperator::eq, 0)})})) ==
        "error creating seccomp syscall condition for syscall kill: syscalls only have up to 6 arguments (6 given)");
  CHECK(error_of(profile_of(allow, {rule({""}, errno_)})) == "empty string is not a valid syscall");
  const oci::SeccompArg check = arg(0, SeccompOperator::eq, 5);
  CHECK(error_of(profile_of(allow, {rule({"kill"}, errno_, {check}), rule({"kill"}, trap, {check})})) ==
        "error adding seccomp rule for syscall kill: file exists");

  oci::Seccomp profile = profile_of(allow, {rule({"kill"}, errno_)});
  profile.architectures = {"SCMP_ARCH_PDP11"};
  CHECK(error_of(profile) == "string SCMP_ARCH_PDP11 is not a valid arch for seccomp");
  profile.architectures = {};
  profile.flags = std::vector<std::string>{"SECCOMP_FILTER_FLAG_NONE"};
  CHECK(error_of(profile) == "seccomp flag SECCOMP_FILTER_FLAG_NONE is not known to skiff");
  profile.flags.reset();
  profile.default_errno_ret = 5000;
  profile.default_action = errno_;
  CHECK(error_of(profile) == "error creating filter: could not create filter");
}

TEST_CASE("of two unconditional rules for a call the first holds, as with runc", "[unit][seccomp]") {
  const security::SeccompFilter filter = security::compile(
      profile_of(SeccompAction::allow, {rule({"kill"}, SeccompAction::errno_), rule({"kill"}, SeccompAction::trap)}));
  CHECK(verdict(filter, AUDIT_ARCH_X86_64, SYS_kill) == kEperm);
}

TEST_CASE("flags become those of seccomp(2)", "[unit][seccomp]") {
  oci::Seccomp profile = profile_of(SeccompAction::allow, {rule({"kill"}, SeccompAction::errno_)});
  CHECK(security::compile(profile).flags == SECCOMP_FILTER_FLAG_SPEC_ALLOW);
  profile.flags.emplace();
  CHECK(security::compile(profile).flags == 0);
  profile.flags = std::vector<std::string>{"SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_LOG"};
  CHECK(security::compile(profile).flags == SECCOMP_FILTER_FLAG_LOG);
  profile.flags = std::vector<std::string>{"SECCOMP_FILTER_FLAG_TSYNC"};
  CHECK(security::compile(profile).flags == 0);
  profile.flags = std::vector<std::string>{"SECCOMP_FILTER_FLAG_SPEC_ALLOW"};
  CHECK(security::compile(profile).flags == SECCOMP_FILTER_FLAG_SPEC_ALLOW);

  profile.syscalls.push_back(rule({"mkdir"}, SeccompAction::notify));
  const security::SeccompFilter filter = security::compile(profile);
  CHECK(filter.notifies);
  CHECK(filter.flags == (SECCOMP_FILTER_FLAG_SPEC_ALLOW | SECCOMP_FILTER_FLAG_NEW_LISTENER));
  CHECK(verdict(filter, AUDIT_ARCH_X86_64, SYS_mkdir) == SECCOMP_RET_USER_NOTIF);
}

TEST_CASE("profiles that engines write keep their meaning, and the kernel takes them", "[unit][seccomp]") {
  const char* configs = std::getenv("SKIFF_CONFIGS");
  if (configs == nullptr || !std::filesystem::is_directory(configs)) {
    WARN("skipped: SKIFF_CONFIGS names no directory with configs of engines");
    return;
  }
  std::set<std::string> seen; // most configs have one of a few profiles
  for (const auto& entry : std::filesystem::directory_iterator(configs)) {
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    const oci::Spec spec = oci::parse_spec(text.str(), entry.path().string());
    if (!spec.linux_ || !spec.linux_->seccomp) continue;
    if (!seen.insert(security::cache_name(*spec.linux_->seccomp)).second) continue;
    INFO(entry.path());
    check_against_model(*spec.linux_->seccomp, AUDIT_ARCH_X86_64, SCMP_ARCH_X86_64);
    check_against_model(*spec.linux_->seccomp, AUDIT_ARCH_I386, SCMP_ARCH_X86);
    check_load(*spec.linux_->seccomp);
  }
  CHECK_FALSE(seen.empty());
}
