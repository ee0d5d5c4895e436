// `features`: features.md and features-linux.md.
#include "oci-spec/features.h"

#include "runtime/base/text.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/output.h"
#include "runtime/cli/version.h"
#include "runtime/launch/mount_options.h"
#include "runtime/security/capabilities.h"
#include "runtime/security/seccomp.h"

namespace skiff::cli {

namespace {

oci::SeccompFeatures seccomp_features() {
  return {
      .enabled = true,
      .actions = security::seccomp_actions(),
      .operators = security::seccomp_operators(),
      .archs = security::seccomp_architectures(),
      .known_flags = security::seccomp_known_flags(),
      .supported_flags = security::seccomp_supported_flags(),
  };
}

oci::MemoryPolicyFeatures memory_policy_features() {
  return {
      .modes = {"MPOL_BIND", "MPOL_DEFAULT", "MPOL_INTERLEAVE", "MPOL_LOCAL", "MPOL_PREFERRED", "MPOL_PREFERRED_MANY",
                "MPOL_WEIGHTED_INTERLEAVE"},
      .flags = {"MPOL_F_NUMA_BALANCING", "MPOL_F_RELATIVE_NODES", "MPOL_F_STATIC_NODES"},
  };
}

oci::LinuxFeatures linux_features() {
  return {
      .namespaces = {"cgroup", "ipc", "mount", "network", "pid", "time", "user", "uts"},
      .capabilities = security::capability_names(),
      .cgroup = oci::CgroupFeatures{.v1 = true, .v2 = true, .systemd = false, .systemd_user = false, .rdma = true},
      .seccomp = seccomp_features(),
      .apparmor = oci::FeatureSwitch{true},
      .selinux = oci::FeatureSwitch{true},
      .intel_rdt = oci::IntelRdtFeatures{.enabled = true, .schemata = true, .monitoring = true},
      .memory_policy = memory_policy_features(),
      .mount_extensions = oci::MountExtensionFeatures{.idmap = oci::FeatureSwitch{true}},
      .net_devices = oci::FeatureSwitch{true},
  };
}

std::map<std::string, std::string> annotations() {
  std::map<std::string, std::string> all = {{"io.github.skiff.version", std::string(version())},
                                            {"io.github.seccomp.libseccomp.version", libseccomp_version()},
                                            {"org.opencontainers.runc.checkpoint.enabled", "true"}}; // runc's name
  if (!commit().empty()) all.emplace("io.github.skiff.commit", commit());
  return all;
}

} // namespace

int features(Invocation& invocation) {
  static constexpr Usage kUsage = {
      .arguments = "",
      .description =
          R"(Prints what this build understands and does, in the form of the specification's features document.
What the kernel lacks is not left out.)",
  };
  if (!invocation.read(kUsage, {})) return 0;
  const oci::Features document = {
      .oci_version_min = "1.0.0",
      .oci_version_max = std::string(oci::kSpecVersion),
      .hooks = {"prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"},
      .mount_options = launch::mount_option_names(),
      .linux_ = linux_features(),
      .annotations = annotations(),
      .potentially_unsafe_config_annotations = {"org.criu.config", "org.systemd.property.", "run.oci."},
  };
  print(cat(oci::to_json(document, oci::Indent::four_spaces), '\n'));
  return 0;
}

} // namespace skiff::cli
