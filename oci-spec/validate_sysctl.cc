// Which sysctls a container may set: only those that belong to one of its own namespaces, or the host's would change.
#include <algorithm>
#include <array>

#include "oci-spec/validate_rules.h"

namespace oci {

using skiff::cat;
using skiff::quote;

namespace {

constexpr std::array<std::string_view, 8> kIpcSysctls = {
    "kernel.msgmax",          "kernel.msgmnb", "kernel.msgmni", "kernel.sem",
    "kernel.shm_rmid_forced", "kernel.shmall", "kernel.shmmax", "kernel.shmmni",
};
static_assert(std::ranges::is_sorted(kIpcSysctls));

// sysctl.d(5): if the first separator is a slash, slashes separate and dots belong to names (net/ipv4/conf/eth0.1/...).
std::string with_dots(std::string_view name) {
  std::string out(name);
  const size_t first = out.find_first_of("./");
  if (first == std::string::npos || out[first] == '.') return out;
  for (char& c : out) c = c == '/' ? '.' : c == '.' ? '/' : c;
  return out;
}

// "net/../kernel/core_pattern" begins like one of the network namespace. A slash stands for a dot here.
bool climbs(std::string_view name) {
  return std::ranges::any_of(skiff::split(name, '.'), [](std::string_view piece) { return piece == "//"; });
}

} // namespace

void check_sysctls(const Rules& rules, const Linux& linux_part) {
  const auto has = [&](NamespaceType type) { return find_namespace(linux_part, type) != nullptr; };
  for (const auto& entry : linux_part.sysctl) {
    const std::string name = with_dots(entry.first);
    const std::string path = cat("linux.sysctl[", quote(entry.first), ']');
    if (climbs(name)) rules.fail(path, "\"..\" is no name of a sysctl");
    if (std::ranges::binary_search(kIpcSysctls, name) || name.starts_with("fs.mqueue.")) {
      if (has(NamespaceType::ipc)) continue;
      rules.fail(path, cat("sysctl ", quote(name), " is not allowed in the hosts ipc namespace"));
    }
    if (name.starts_with("net.")) {
      if (has(NamespaceType::network)) continue;
      rules.fail(path, cat("sysctl ", quote(name), " not allowed in host network namespace"));
    }
    if (has(NamespaceType::uts) && name == "kernel.domainname") continue; // for the NIS domain there was no field once
    if (has(NamespaceType::uts) && name == "kernel.hostname") {
      rules.fail(path, cat("sysctl ", quote(name), " is not allowed as it conflicts with the OCI \"hostname\" field"));
    }
    if (name.starts_with("user.")) {
      // max_user_namespaces and its like would hold for all of the host.
      if (has(NamespaceType::user)) continue;
      rules.fail(path, cat("setting ucounts without a user namespace not allowed: ", name));
    }
    rules.fail(path, cat("sysctl ", quote(name), " is not in a separate kernel namespace"));
  }
}

} // namespace oci
