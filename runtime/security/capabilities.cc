// Capability names and sets.
#include "runtime/security/capabilities.h"

#include <sys/prctl.h>

#include <algorithm>
#include <array>

namespace skiff::security {

namespace {

// linux/capability.h: the index is the number. Not libcap's table: linking it brings a constructor of six prctl calls
// into every start of the runtime.
constexpr std::array<std::string_view, 41> kNames{
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
};

// How many of the names this kernel has. Asked of the kernel itself, not of /proc: prctl(2) refuses to read the
// bounding bit of a capability beyond the last. One call on any kernel since 5.9.
size_t supported_count() {
  size_t count = kNames.size();
  while (count > 0 && ::prctl(PR_CAPBSET_READ, count - 1, 0, 0, 0) < 0) --count;
  return count;
}

uint64_t to_bits(const std::vector<std::string>& names, std::vector<std::string>& unknown) {
  uint64_t bits = 0;
  for (const std::string& name : names) {
    if (const std::optional<unsigned> number = capability_number(name))
      bits |= uint64_t{1} << *number;
    else
      unknown.push_back(name);
  }
  return bits;
}

} // namespace

std::optional<unsigned> capability_number(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  const auto number = static_cast<size_t>(found - kNames.begin());
  static const size_t supported = supported_count();
  if (number >= supported) return std::nullopt;
  return static_cast<unsigned>(number);
}

std::vector<std::string> capability_names() {
  return {kNames.begin(), kNames.begin() + static_cast<std::ptrdiff_t>(supported_count())};
}

CapabilitySets resolve(const oci::Capabilities& capabilities, std::vector<std::string>& unknown) {
  const CapabilitySets sets{
      .bounding = to_bits(capabilities.bounding, unknown),
      .effective = to_bits(capabilities.effective, unknown),
      .permitted = to_bits(capabilities.permitted, unknown),
      .inheritable = to_bits(capabilities.inheritable, unknown),
      .ambient = to_bits(capabilities.ambient, unknown),
  };
  std::sort(unknown.begin(), unknown.end());
  unknown.erase(std::unique(unknown.begin(), unknown.end()), unknown.end());
  return sets;
}

} // namespace skiff::security
