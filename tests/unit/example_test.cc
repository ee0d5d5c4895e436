// oci-spec/example.h: what `spec` writes is what runc writes.
#include "oci-spec/example.h"
#include "tests/unit/catch.h"

namespace {

// runc 1.1.5's output without the ambient capabilities, which runc dropped in 1.2, and with this version.
constexpr std::string_view kRootful =
    R"({"ociVersion":"1.3.0","process":{"terminal":true,"user":{"uid":0,"gid":0},"args":["sh"],"env":["PATH)"
    R"(=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin","TERM=xterm"],"cwd":"/","capabilities)"
    R"(":{"bounding":["CAP_AUDIT_WRITE","CAP_KILL","CAP_NET_BIND_SERVICE"],"effective":["CAP_AUDIT_WRITE",")"
    R"(CAP_KILL","CAP_NET_BIND_SERVICE"],"permitted":["CAP_AUDIT_WRITE","CAP_KILL","CAP_NET_BIND_SERVICE"]})"
    R"(,"rlimits":[{"type":"RLIMIT_NOFILE","hard":1024,"soft":1024}],"noNewPrivileges":true},"root":{"path")"
    R"(:"rootfs","readonly":true},"hostname":"runc","mounts":[{"destination":"/proc","type":"proc","source")"
    R"(:"proc"},{"destination":"/dev","type":"tmpfs","source":"tmpfs","options":["nosuid","strictatime","mo)"
    R"(de=755","size=65536k"]},{"destination":"/dev/pts","type":"devpts","source":"devpts","options":["nosu)"
    R"(id","noexec","newinstance","ptmxmode=0666","mode=0620","gid=5"]},{"destination":"/dev/shm","type":"t)"
    R"(mpfs","source":"shm","options":["nosuid","noexec","nodev","mode=1777","size=65536k"]},{"destination")"
    R"(:"/dev/mqueue","type":"mqueue","source":"mqueue","options":["nosuid","noexec","nodev"]},{"destinatio)"
    R"(n":"/sys","type":"sysfs","source":"sysfs","options":["nosuid","noexec","nodev","ro"]},{"destination")"
    R"(:"/sys/fs/cgroup","type":"cgroup","source":"cgroup","options":["nosuid","noexec","nodev","relatime",)"
    R"("ro"]}],"linux":{"resources":{"devices":[{"allow":false,"access":"rwm"}]},"namespaces":[{"type":"pid)"
    R"("},{"type":"network"},{"type":"ipc"},{"type":"uts"},{"type":"mount"}],"maskedPaths":["/proc/acpi","/)"
    R"(proc/asound","/proc/kcore","/proc/keys","/proc/latency_stats","/proc/timer_list","/proc/timer_stats")"
    R"(,"/proc/sched_debug","/sys/firmware","/proc/scsi"],"readonlyPaths":["/proc/bus","/proc/fs","/proc/ir)"
    R"(q","/proc/sys","/proc/sysrq-trigger"]}})";

constexpr std::string_view kRootless =
    R"({"ociVersion":"1.3.0","process":{"terminal":true,"user":{"uid":0,"gid":0},"args":["sh"],"env":["PATH)"
    R"(=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin","TERM=xterm"],"cwd":"/","capabilities)"
    R"(":{"bounding":["CAP_AUDIT_WRITE","CAP_KILL","CAP_NET_BIND_SERVICE"],"effective":["CAP_AUDIT_WRITE",")"
    R"(CAP_KILL","CAP_NET_BIND_SERVICE"],"permitted":["CAP_AUDIT_WRITE","CAP_KILL","CAP_NET_BIND_SERVICE"]})"
    R"(,"rlimits":[{"type":"RLIMIT_NOFILE","hard":1024,"soft":1024}],"noNewPrivileges":true},"root":{"path")"
    R"(:"rootfs","readonly":true},"hostname":"runc","mounts":[{"destination":"/proc","type":"proc","source")"
    R"(:"proc"},{"destination":"/dev","type":"tmpfs","source":"tmpfs","options":["nosuid","strictatime","mo)"
    R"(de=755","size=65536k"]},{"destination":"/dev/pts","type":"devpts","source":"devpts","options":["nosu)"
    R"(id","noexec","newinstance","ptmxmode=0666","mode=0620"]},{"destination":"/dev/shm","type":"tmpfs","s)"
    R"(ource":"shm","options":["nosuid","noexec","nodev","mode=1777","size=65536k"]},{"destination":"/dev/m)"
    R"(queue","type":"mqueue","source":"mqueue","options":["nosuid","noexec","nodev"]},{"destination":"/sys)"
    R"(","type":"none","source":"/sys","options":["rbind","nosuid","noexec","nodev","ro"]},{"destination":")"
    R"(/sys/fs/cgroup","type":"cgroup","source":"cgroup","options":["nosuid","noexec","nodev","relatime","r)"
    R"(o"]}],"linux":{"uidMappings":[{"containerID":0,"hostID":0,"size":1}],"gidMappings":[{"containerID":0)"
    R"(,"hostID":0,"size":1}],"namespaces":[{"type":"pid"},{"type":"ipc"},{"type":"uts"},{"type":"mount"},{)"
    R"("type":"user"}],"maskedPaths":["/proc/acpi","/proc/asound","/proc/kcore","/proc/keys","/proc/latency)"
    R"(_stats","/proc/timer_list","/proc/timer_stats","/proc/sched_debug","/sys/firmware","/proc/scsi"],"re)"
    R"(adonlyPaths":["/proc/bus","/proc/fs","/proc/irq","/proc/sys","/proc/sysrq-trigger"]}})";

} // namespace

TEST_CASE("the example documents are runc's", "[spec]") {
  CHECK(to_json(oci::example(oci::ExampleKind::rootful), oci::Indent::none) == kRootful);
  CHECK(to_json(oci::example(oci::ExampleKind::rootless), oci::Indent::none) == kRootless);
}

TEST_CASE("the examples are written with tabs and no newline at the end", "[spec]") {
  const std::string text = to_json(oci::example(oci::ExampleKind::rootful));
  CHECK(text.starts_with("{\n\t\"ociVersion\": \"1.3.0\",\n\t\"process\": {\n\t\t\"terminal\": true,\n"));
  CHECK(text.ends_with("\n\t\t]\n\t}\n}"));
}

TEST_CASE("on a host with only cgroup v2 the example has a cgroup namespace", "[spec]") {
  const auto namespaces = [](oci::ExampleKind kind) {
    const oci::Spec spec = oci::example(kind, 0, 0, oci::HostCgroups::v2);
    std::vector<oci::NamespaceType> types;
    for (const oci::Namespace& each : spec.linux_->namespaces) {
      types.push_back(each.type);
    }
    return types;
  };
  using enum oci::NamespaceType;
  CHECK(namespaces(oci::ExampleKind::rootful) == std::vector{pid, network, ipc, uts, mount, cgroup});
  CHECK(namespaces(oci::ExampleKind::rootless) == std::vector{pid, ipc, uts, mount, cgroup, user});
}

TEST_CASE("the rootless example maps the caller", "[spec]") {
  const oci::Spec spec = oci::example(oci::ExampleKind::rootless, 1000, 100);
  CHECK(spec.linux_->uid_mappings == std::vector<oci::IdMapping>{{0, 1000, 1}});
  CHECK(spec.linux_->gid_mappings == std::vector<oci::IdMapping>{{0, 100, 1}});
}
