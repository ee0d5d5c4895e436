// The documents that `skiff spec` writes: letter by letter runc's, so that scripts which edit it find what they expect.
#include "oci-spec/example.h"

namespace oci {

namespace {

Process example_process() {
  const std::vector<std::string> capabilities = {"CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"};
  return {
      .terminal = true,
      .cwd = "/",
      .env = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"},
      .args = {"sh"},
      .capabilities = Capabilities{.bounding = capabilities, .effective = capabilities, .permitted = capabilities},
      .rlimits = {{.type = "RLIMIT_NOFILE", .soft = 1024, .hard = 1024}},
      .no_new_privileges = true,
  };
}

std::vector<Mount> example_mounts(ExampleKind kind) {
  const bool rootless = kind == ExampleKind::rootless;
  // gid 5 (tty) is not mapped in a user namespace of one id; sysfs needs a network namespace of one's own.
  const std::vector<std::string> pts =
      rootless ? std::vector<std::string>{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"}
               : std::vector<std::string>{"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"};
  const Mount sys = rootless ? Mount{.destination = "/sys",
                                     .type = "none",
                                     .source = "/sys",
                                     .options = {"rbind", "nosuid", "noexec", "nodev", "ro"}}
                             : Mount{.destination = "/sys",
                                     .type = "sysfs",
                                     .source = "sysfs",
                                     .options = {"nosuid", "noexec", "nodev", "ro"}};
  return {
      {.destination = "/proc", .type = "proc", .source = "proc"},
      {.destination = "/dev",
       .type = "tmpfs",
       .source = "tmpfs",
       .options = {"nosuid", "strictatime", "mode=755", "size=65536k"}},
      {.destination = "/dev/pts", .type = "devpts", .source = "devpts", .options = pts},
      {.destination = "/dev/shm",
       .type = "tmpfs",
       .source = "shm",
       .options = {"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"}},
      {.destination = "/dev/mqueue", .type = "mqueue", .source = "mqueue", .options = {"nosuid", "noexec", "nodev"}},
      sys,
      {.destination = "/sys/fs/cgroup",
       .type = "cgroup",
       .source = "cgroup",
       .options = {"nosuid", "noexec", "nodev", "relatime", "ro"}},
  };
}

std::vector<Namespace> example_namespaces(ExampleKind kind, HostCgroups cgroups) {
  std::vector<Namespace> namespaces = {{NamespaceType::pid, {}}};
  if (kind == ExampleKind::rootful) namespaces.push_back({NamespaceType::network, {}});
  for (const NamespaceType type : {NamespaceType::ipc, NamespaceType::uts, NamespaceType::mount}) {
    namespaces.push_back({type, {}});
  }
  if (cgroups == HostCgroups::v2) namespaces.push_back({NamespaceType::cgroup, {}});
  if (kind == ExampleKind::rootless) namespaces.push_back({NamespaceType::user, {}});
  return namespaces;
}

} // namespace

Spec example(ExampleKind kind, uint32_t uid, uint32_t gid, HostCgroups cgroups) {
  Linux linux_part{
      .namespaces = example_namespaces(kind, cgroups),
      .masked_paths = {"/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
                       "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/sys/firmware", "/proc/scsi"},
      .readonly_paths = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"},
  };
  if (kind == ExampleKind::rootless) {
    linux_part.uid_mappings = {{.container_id = 0, .host_id = uid, .size = 1}};
    linux_part.gid_mappings = {{.container_id = 0, .host_id = gid, .size = 1}};
  } else {
    linux_part.resources.emplace().devices = {{.allow = false, .access = "rwm"}};
  }
  return {
      .oci_version = std::string(kSpecVersion),
      .root = Root{.path = "rootfs", .readonly = true},
      .mounts = example_mounts(kind),
      .process = example_process(),
      .hostname = "runc",
      .linux_ = std::move(linux_part),
  };
}

} // namespace oci
