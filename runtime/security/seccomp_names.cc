// The tables behind seccomp_names.h, and the lists that `features` prints.
#include "runtime/security/seccomp_names.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "runtime/security/seccomp.h"

namespace skiff::security {

namespace {

struct Named {
  std::string_view name;
  uint32_t value;
};

// Sorted by name. LoongArch is new in libseccomp 2.6: an older one refuses the number, as it should.
constexpr uint32_t kLoongArch64 = 258 | __AUDIT_ARCH_64BIT | __AUDIT_ARCH_LE;
constexpr std::array kArchitectures{
    Named{"SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64},
    Named{"SCMP_ARCH_ARM", SCMP_ARCH_ARM},
    Named{"SCMP_ARCH_LOONGARCH64", kLoongArch64},
    Named{"SCMP_ARCH_MIPS", SCMP_ARCH_MIPS},
    Named{"SCMP_ARCH_MIPS64", SCMP_ARCH_MIPS64},
    Named{"SCMP_ARCH_MIPS64N32", SCMP_ARCH_MIPS64N32},
    Named{"SCMP_ARCH_MIPSEL", SCMP_ARCH_MIPSEL},
    Named{"SCMP_ARCH_MIPSEL64", SCMP_ARCH_MIPSEL64},
    Named{"SCMP_ARCH_MIPSEL64N32", SCMP_ARCH_MIPSEL64N32},
    Named{"SCMP_ARCH_PPC", SCMP_ARCH_PPC},
    Named{"SCMP_ARCH_PPC64", SCMP_ARCH_PPC64},
    Named{"SCMP_ARCH_PPC64LE", SCMP_ARCH_PPC64LE},
    Named{"SCMP_ARCH_RISCV64", SCMP_ARCH_RISCV64},
    Named{"SCMP_ARCH_S390", SCMP_ARCH_S390},
    Named{"SCMP_ARCH_S390X", SCMP_ARCH_S390X},
    Named{"SCMP_ARCH_X32", SCMP_ARCH_X32},
    Named{"SCMP_ARCH_X86", SCMP_ARCH_X86},
    Named{"SCMP_ARCH_X86_64", SCMP_ARCH_X86_64},
};
constexpr auto kByName = [](const Named& a, const Named& b) { return a.name < b.name; };
static_assert(std::is_sorted(kArchitectures.begin(), kArchitectures.end(), kByName));

// In the order in which `features` prints them.
constexpr unsigned kWaitKillableRecv = 1U << 5; // SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, Linux 5.19
constexpr std::array kFlags{
    Named{"SECCOMP_FILTER_FLAG_TSYNC", 0},
    Named{"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
    Named{"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
    Named{"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", kWaitKillableRecv},
};

constexpr std::array kActions{
    SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP, SECCOMP_RET_ERRNO,
    SECCOMP_RET_USER_NOTIF,   SECCOMP_RET_TRACE,       SECCOMP_RET_LOG,  SECCOMP_RET_ALLOW,
};

bool kernel_has_action(uint32_t action) {
  return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

// The kernel looks at the flags before it looks at the filter: EFAULT says that they are good.
bool kernel_takes_flags(unsigned flags) {
  return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, nullptr) != 0 && errno == EFAULT;
}

} // namespace

std::optional<uint32_t> architecture_token(std::string_view name) {
  const auto found = std::lower_bound(kArchitectures.begin(), kArchitectures.end(), Named{name, 0}, kByName);
  if (found == kArchitectures.end() || found->name != name) return std::nullopt;
  return found->value;
}

uint32_t audit_architecture(uint32_t token) {
  return token == SCMP_ARCH_X32 ? uint32_t{AUDIT_ARCH_X86_64} : token;
}

std::optional<unsigned> filter_flag(std::string_view name) {
  for (const Named& flag : kFlags)
    if (flag.name == name) return flag.value;
  return std::nullopt;
}

unsigned kernel_filter_flags() {
  unsigned flags = 0;
  for (const Named& flag : kFlags) {
    // WAIT_KILLABLE_RECV is about the listener, and refused without one.
    const unsigned with = flag.value == kWaitKillableRecv ? SECCOMP_FILTER_FLAG_NEW_LISTENER : 0;
    if (kernel_takes_flags(flag.value | with)) flags |= flag.value;
  }
  return flags;
}

unsigned kernel_action_bits() {
  unsigned bits = 0;
  for (size_t i = 0; i < kActions.size(); ++i)
    if (kernel_has_action(kActions[i])) bits |= 1U << i;
  return bits;
}

bool kernel_notifies() {
  return kernel_has_action(SECCOMP_RET_USER_NOTIF);
}

std::vector<std::string> seccomp_actions() {
  return {"SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO",  "SCMP_ACT_KILL",  "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD",
          "SCMP_ACT_LOG",   "SCMP_ACT_NOTIFY", "SCMP_ACT_TRACE", "SCMP_ACT_TRAP"};
}

std::vector<std::string> seccomp_operators() {
  return {"SCMP_CMP_EQ", "SCMP_CMP_GE",        "SCMP_CMP_GT", "SCMP_CMP_LE",
          "SCMP_CMP_LT", "SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE"};
}

std::vector<std::string> seccomp_architectures() {
  std::vector<std::string> names;
  for (const Named& architecture : kArchitectures) names.emplace_back(architecture.name);
  return names;
}

std::vector<std::string> seccomp_known_flags() {
  std::vector<std::string> names;
  for (const Named& flag : kFlags) names.emplace_back(flag.name);
  return names;
}

std::vector<std::string> seccomp_supported_flags() {
  const unsigned supported = kernel_filter_flags();
  std::vector<std::string> names;
  for (const Named& flag : kFlags)
    if ((flag.value & ~supported) == 0) names.emplace_back(flag.name);
  return names;
}

} // namespace skiff::security
