// The features document: runtime-spec v1.3.0, features.md and features-linux.md.
// An absent value means "unknown", not "no": hence the optionals.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci-spec/json/indent.h"

namespace oci {

struct CgroupFeatures {
  std::optional<bool> v1, v2, systemd, systemd_user, rdma;
};

struct SeccompFeatures {
  std::optional<bool> enabled;
  std::vector<std::string> actions, operators, archs, known_flags, supported_flags;
};

// linux.apparmor, linux.selinux, linux.netDevices, linux.mountExtensions.idmap.
struct FeatureSwitch {
  std::optional<bool> enabled;
};

struct IntelRdtFeatures {
  std::optional<bool> enabled, schemata, monitoring;
};

struct MemoryPolicyFeatures {
  std::vector<std::string> modes, flags;
};

struct MountExtensionFeatures {
  std::optional<FeatureSwitch> idmap;
};

struct LinuxFeatures {
  std::vector<std::string> namespaces;
  std::vector<std::string> capabilities;
  std::optional<CgroupFeatures> cgroup;
  std::optional<SeccompFeatures> seccomp;
  std::optional<FeatureSwitch> apparmor;
  std::optional<FeatureSwitch> selinux;
  std::optional<IntelRdtFeatures> intel_rdt;
  std::optional<MemoryPolicyFeatures> memory_policy;
  std::optional<MountExtensionFeatures> mount_extensions;
  std::optional<FeatureSwitch> net_devices;
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
// `file` names the document in errors. Throws SpecError.
Features parse_features(std::string_view json, std::string_view file);

} // namespace oci
