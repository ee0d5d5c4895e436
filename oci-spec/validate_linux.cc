// The rules for the "linux" object: config-linux.md.
#include <algorithm>
#include <array>

#include "oci-spec/id_set.h"
#include "oci-spec/linux_describe.h"
#include "oci-spec/validate_rules.h"

namespace oci {

using skiff::cat;
using skiff::quote;

namespace {

void check_namespaces(const Rules& rules, const Linux& linux_part) {
  for (size_t i = 0; i < linux_part.namespaces.size(); ++i) {
    const Namespace& current = linux_part.namespaces[i];
    const std::string path = cat("linux.namespaces[", i, ']');
    if (find_namespace(linux_part, current.type) != &current) {
      rules.fail(path, cat("malformed spec file: duplicated ns {", quote(to_text(current.type)), ' ',
                           quote(current.path), '}'));
    }
    if (!current.path.empty() && !current.path.starts_with('/')) {
      rules.fail(cat(path, ".path"), cat("expected an absolute path, found ", quote(current.path)));
    }
  }
}

bool maps_root(const std::vector<IdMapping>& mappings) {
  return std::ranges::any_of(mappings, [](const IdMapping& mapping) { return mapping.container_id == 0; });
}

void check_user_namespace(const Rules& rules, const Linux& linux_part) {
  const std::vector<IdMapping>& uids = linux_part.uid_mappings;
  const std::vector<IdMapping>& gids = linux_part.gid_mappings;
  const Namespace* user = find_namespace(linux_part, NamespaceType::user);
  if (!user) {
    if (uids.empty() && gids.empty()) return;
    rules.fail(uids.empty() ? "linux.gidMappings" : "linux.uidMappings",
               "user namespace mappings specified, but user namespace isn't enabled in the config");
  }
  check_mappings(rules, uids, "linux.uidMappings");
  check_mappings(rules, gids, "linux.gidMappings");
  // Of a joined one the mappings are known from the namespace itself.
  if (!user->path.empty()) return;
  if (uids.empty() && gids.empty())
    rules.fail("linux.uidMappings",
               "user namespaces enabled, but no namespace path to join nor mappings to apply specified");
  if (uids.empty()) rules.fail("linux.uidMappings", "user namespaces enabled, but no uid mappings found");
  if (gids.empty()) rules.fail("linux.gidMappings", "user namespaces enabled, but no gid mappings found");
  // The container is set up as root of its namespace.
  if (!maps_root(uids)) rules.fail("linux.uidMappings", "user namespaces enabled, but no mapping found for uid 0");
  if (!maps_root(gids)) rules.fail("linux.gidMappings", "user namespaces enabled, but no mapping found for gid 0");
}

void check_time_namespace(const Rules& rules, const Linux& linux_part) {
  if (linux_part.time_offsets.empty()) return;
  const Namespace* time = find_namespace(linux_part, NamespaceType::time);
  if (!time) {
    rules.fail("linux.timeOffsets", "time namespace offsets specified, but time namespace isn't enabled in the config");
  }
  if (!time->path.empty()) {
    rules.fail("linux.timeOffsets", "time namespace enabled, but both namespace path and time offsets specified -- you "
                                    "may only provide one");
  }
  for (const auto& [clock, offset] : linux_part.time_offsets) {
    const std::string path = cat("linux.timeOffsets[", quote(clock), ']');
    if (clock != "monotonic" && clock != "boottime") {
      rules.fail(path, cat("expected the clock \"monotonic\" or \"boottime\", found ", quote(clock)));
    }
    if (offset.nanosecs > 999'999'999) {
      rules.fail(cat(path, ".nanosecs"), cat("expected less than a second, found ", offset.nanosecs));
    }
  }
}

void check_devices(const Rules& rules, const Linux& linux_part) {
  for (size_t i = 0; i < linux_part.devices.size(); ++i) {
    const Device& device = linux_part.devices[i];
    const std::string path = cat("linux.devices[", i, ']');
    if (!device.path.starts_with('/')) {
      rules.fail(cat(path, ".path"), cat("expected an absolute path, found ", quote(device.path)));
    }
    if (device.type != "c" && device.type != "b" && device.type != "u" && device.type != "p") {
      rules.fail(cat(path, ".type"), cat("invalid device type ", quote(device.type)));
    }
  }
}

// As the kernel's dev_valid_name().
bool is_device_name(std::string_view name) {
  static constexpr size_t kNameSize = 16; // IFNAMSIZ, with the NUL
  return !name.empty() && name.size() < kNameSize && name != "." && name != ".." &&
         name.find_first_of("/: \t\n\v\f\r") == std::string_view::npos;
}

void check_net_devices(const Rules& rules, const Linux& linux_part) {
  if (linux_part.net_devices.empty()) return;
  if (!find_namespace(linux_part, NamespaceType::network)) {
    rules.fail("linux.netDevices", "unable to move network devices without a NET namespace");
  }
  for (const auto& [name, device] : linux_part.net_devices) {
    const std::string path = cat("linux.netDevices[", quote(name), ']');
    if (!is_device_name(name)) rules.fail(path, cat("invalid network device name ", quote(name)));
    if (!device.name.empty() && !is_device_name(device.name)) {
      rules.fail(cat(path, ".name"), cat("invalid network device name ", quote(device.name)));
    }
  }
}

void check_resources(const Rules& rules, const Resources& resources) {
  for (size_t i = 0; i < resources.devices.size(); ++i) {
    const DeviceRule& rule = resources.devices[i];
    const std::string path = cat("linux.resources.devices[", i, ']');
    if (rule.access.empty()) rules.fail(cat(path, ".access"), cat("device access at ", i, " field cannot be empty"));
    if (!rule.type.empty() && rule.type != "a" && rule.type != "b" && rule.type != "c") {
      rules.fail(cat(path, ".type"), cat("invalid cgroup device type ", quote(rule.type)));
    }
  }
}

bool takes_errno(SeccompAction action) {
  return action == SeccompAction::errno_ || action == SeccompAction::trace;
}

void check_seccomp(const Rules& rules, const Seccomp& seccomp) {
  if (seccomp.default_errno_ret && !takes_errno(seccomp.default_action)) {
    rules.fail("linux.seccomp.defaultErrnoRet",
               cat("the action ", to_text(seccomp.default_action), " does not support an errno"));
  }
  if (!seccomp.listener_metadata.empty() && seccomp.listener_path.empty()) {
    rules.fail("linux.seccomp.listenerMetadata", "expected only together with listenerPath");
  }
  static constexpr uint32_t kSyscallArguments = 6;
  for (size_t i = 0; i < seccomp.syscalls.size(); ++i) {
    const SeccompRule& rule = seccomp.syscalls[i];
    const std::string path = cat("linux.seccomp.syscalls[", i, ']');
    if (rule.errno_ret && !takes_errno(rule.action)) {
      rules.fail(cat(path, ".errnoRet"), cat("the action ", to_text(rule.action), " does not support an errno"));
    }
    if (rule.names.empty()) rules.fail(cat(path, ".names"), "expected at least one system call, found none");
    for (size_t n = 0; n < rule.names.size(); ++n) {
      if (rule.names[n].empty()) rules.fail(cat(path, ".names[", n, ']'), "empty string is not a valid syscall");
    }
    for (size_t n = 0; n < rule.args.size(); ++n) {
      if (rule.args[n].index < kSyscallArguments) continue;
      rules.fail(cat(path, ".args[", n, "].index"), cat("expected 0 to 5, found ", rule.args[n].index));
    }
  }
}

void check_intel_rdt(const Rules& rules, const IntelRdt& rdt) {
  const std::string_view id = rdt.clos_id;
  if (id == "." || id == ".." || (id.size() > 1 && id.find('/') != std::string_view::npos)) {
    rules.fail("linux.intelRdt.closID", cat("invalid intelRdt.ClosID ", quote(id)));
  }
  for (size_t i = 0; i < rdt.schemata.size(); ++i) {
    if (rdt.schemata[i].find('\n') == std::string::npos) continue;
    rules.fail(cat("linux.intelRdt.schemata[", i, ']'), cat("expected one line, found ", quote(rdt.schemata[i])));
  }
  const std::string_view schema = rdt.mem_bw_schema;
  if (!schema.empty() && (!schema.starts_with("MB:") || schema.find('\n') != std::string_view::npos)) {
    rules.fail("linux.intelRdt.memBwSchema", cat("expected one line that begins with \"MB:\", found ", quote(schema)));
  }
}

void check_memory_policy(const Rules& rules, const MemoryPolicy& policy) {
  static constexpr std::array<std::string_view, 3> kFlags = {"MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES",
                                                             "MPOL_F_STATIC_NODES"};
  using enum MemoryPolicyMode;
  size_t nodes = 0;
  try {
    nodes = count_ids(parse_id_set(policy.nodes));
  } catch (const SpecError& reason) {
    rules.fail("linux.memoryPolicy.nodes",
               cat("invalid memory policy nodes ", quote(policy.nodes), ": ", std::string_view(reason.what())));
  }
  for (size_t i = 0; i < policy.flags.size(); ++i) {
    if (std::ranges::find(kFlags, policy.flags[i]) != kFlags.end()) continue;
    rules.fail(cat("linux.memoryPolicy.flags[", i, ']'), cat("invalid memory policy flag ", quote(policy.flags[i])));
  }
  const bool wants_none = policy.mode == default_ || policy.mode == local;
  const bool takes_none = wants_none || policy.mode == preferred;
  if (wants_none && nodes != 0) {
    rules.fail("linux.memoryPolicy.nodes", cat("memory policy mode requires 0 nodes but got ", nodes));
  }
  if (!takes_none && nodes == 0) {
    rules.fail("linux.memoryPolicy.nodes", "memory policy mode requires at least one node but got 0");
  }
}

} // namespace

void check_mappings(const Rules& rules, const std::vector<IdMapping>& mappings, std::string_view path) {
  for (size_t i = 0; i < mappings.size(); ++i) {
    const IdMapping& mapping = mappings[i];
    const std::string here = cat(path, '[', i, ']');
    if (mapping.size == 0) rules.fail(cat(here, ".size"), "expected at least 1, found 0");
    // The kernel's id -1 means "none" and cannot be mapped.
    const uint64_t first = std::max(mapping.container_id, mapping.host_id);
    if (first + mapping.size > UINT32_MAX) {
      rules.fail(cat(here, ".size"), cat("expected ids below ", UINT32_MAX, ", found ", mapping.size, " from ", first));
    }
  }
}

void check_linux(const Rules& rules, const Linux& linux_part) {
  check_namespaces(rules, linux_part);
  check_user_namespace(rules, linux_part);
  check_time_namespace(rules, linux_part);
  check_devices(rules, linux_part);
  check_net_devices(rules, linux_part);
  const bool restricts = !linux_part.masked_paths.empty() || !linux_part.readonly_paths.empty();
  if (restricts && !find_namespace(linux_part, NamespaceType::mount)) {
    rules.fail(linux_part.masked_paths.empty() ? "linux.readonlyPaths" : "linux.maskedPaths",
               "unable to restrict sys entries without a private MNT namespace");
  }
  check_sysctls(rules, linux_part);
  if (linux_part.resources) check_resources(rules, *linux_part.resources);
  if (linux_part.seccomp) check_seccomp(rules, *linux_part.seccomp);
  if (linux_part.intel_rdt) check_intel_rdt(rules, *linux_part.intel_rdt);
  if (linux_part.memory_policy) check_memory_policy(rules, *linux_part.memory_policy);
}

} // namespace oci
