// The features document: runtime-spec v1.3.0, features.md and features-linux.md.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "oci-spec/spec.h"

namespace oci {

struct CgroupFeatures {
  std::optional<bool> v1, v2, systemd, systemd_user, rdma;
};

struct SeccompFeatures {
  std::optional<bool> enabled;
  std::vector<std::string> actions, operators, archs, known_flags, supported_flags;
};

struct LinuxFeatures {
  std::vector<std::string> namespaces;
  std::vector<std::string> capabilities;
  std::optional<CgroupFeatures> cgroup;
  std::optional<SeccompFeatures> seccomp;
  std::optional<bool> apparmor, selinux, intel_rdt, intel_rdt_schemata, intel_rdt_monitoring, memory_policy, idmap,
      net_devices;
  std::vector<std::string> memory_policy_modes, memory_policy_flags;
};

struct Features {
  std::string oci_version_min;
  std::string oci_version_max;
  std::vector<std::string> hooks;
  std::vector<std::string> mount_options;
  std::optional<LinuxFeatures> linux_;
  std::map<std::string, std::string> annotations;
  std::vector<std::string> potentially_unsafe_config_annotations;
};

std::string to_json(const Features& features, Indent indent = Indent::two_spaces);
// Throws SpecError.
Features parse_features(std::string_view json, std::string_view file);

} // namespace oci
