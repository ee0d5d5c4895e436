// oci-spec/validate.h: each rule, and the documents that must pass.
#include "oci-spec/error.h"
#include "oci-spec/example.h"
#include "oci-spec/id_set.h"
#include "oci-spec/validate.h"
#include "tests/unit/catch.h"

namespace {

oci::Spec good() {
  return oci::example(oci::ExampleKind::rootful);
}

// The message after "c: "; empty if the document is valid.
std::string failure(const oci::Spec& spec) {
  try {
    oci::validate(spec, "c");
    return {};
  } catch (const oci::SpecError& error) {
    const std::string_view message = error.what();
    REQUIRE(message.starts_with("c: "));
    return std::string(message.substr(3));
  }
}

// What `change` makes of the example.
template <class Change> std::string changed(Change change) {
  oci::Spec spec = good();
  change(spec);
  return failure(spec);
}

template <class Change> std::string changed_process(Change change) {
  return changed([&](oci::Spec& spec) { change(*spec.process); });
}

template <class Change> std::string changed_linux(Change change) {
  return changed([&](oci::Spec& spec) { change(*spec.linux_); });
}

void without(oci::Linux& linux_part, oci::NamespaceType type) {
  std::erase_if(linux_part.namespaces, [&](const oci::Namespace& each) { return each.type == type; });
}

using oci::NamespaceType;

} // namespace

TEST_CASE("the examples are valid", "[validate]") {
  CHECK(failure(good()).empty());
  CHECK(failure(oci::example(oci::ExampleKind::rootless, 1000, 1000)).empty());
  CHECK(failure(oci::example(oci::ExampleKind::rootful, 0, 0, oci::HostCgroups::v2)).empty());
}

TEST_CASE("the version is SemVer with major 1", "[validate]") {
  const auto version = [](std::string_view text) { return changed([&](oci::Spec& spec) { spec.oci_version = text; }); };
  for (const std::string_view text : {"1.0.0", "1.0.2-dev", "1.3.0+dev", "1.0.0-rc.1+b.2", "1.10.0"}) {
    CAPTURE(text);
    CHECK(version(text).empty());
  }
  for (const std::string_view text : {"", "1", "1.0", "2.0.0", "0.9.0", "1.0.0-", "1.0.0.0", "1.01.0", "v1.0.0",
                                      "1.0.x", "1.0.0+", "1.0.0-a..b", "1.-1.0"}) {
    CAPTURE(text);
    CHECK(version(text) == "ociVersion: expected a version 1.x.y of the specification (SemVer 2.0.0), found \"" +
                               std::string(text) + "\"");
  }
}

TEST_CASE("the process", "[validate]") {
  using oci::Process;
  CHECK(changed([](oci::Spec& s) { s.process.reset(); }).empty());
  CHECK(changed_process([](Process& p) { p.cwd.clear(); }) == "process.cwd: Cwd property must not be empty");
  CHECK(changed_process([](Process& p) { p.cwd = "tmp"; }) == "process.cwd: Cwd must be an absolute path");
  CHECK(changed_process([](Process& p) { p.args.clear(); }) == "process.args: args must not be empty");
  CHECK(changed_process([](Process& p) {
          p.env = {"A=", "B=c=d", "E"};
        }) == "process.env[2]: invalid environment variable: missing '='");
  CHECK(changed_process([](Process& p) { p.env = {"=x"}; }) ==
        "process.env[0]: invalid environment variable: name cannot be empty");
  CHECK(changed_process([](Process& p) { p.oom_score_adj = 1001; }) ==
        "process.oomScoreAdj: expected -1000 to 1000, found 1001");
  Process alone = *good().process;
  CHECK_NOTHROW(oci::validate(alone, "p"));
  alone.cwd = "x";
  CHECK_THROWS_WITH(oci::validate(alone, "p"), "p: cwd: Cwd must be an absolute path");
}

TEST_CASE("rlimits", "[validate]") {
  const auto limits = [](std::vector<oci::Rlimit> all) {
    return changed_process([&](oci::Process& p) { p.rlimits = std::move(all); });
  };
  CHECK(limits({{"RLIMIT_CORE", 0, UINT64_MAX}, {"RLIMIT_AS", 1, 1}}).empty());
  CHECK(limits({{"RLIMIT_X", 0, 0}}) == "process.rlimits[0].type: wrong rlimit value: RLIMIT_X");
  CHECK(limits({{"RLIMIT_CORE", 0, 0}, {"RLIMIT_CORE", 0, 0}}) ==
        "process.rlimits[1].type: expected each type once, found a second RLIMIT_CORE");
  CHECK(limits({{"RLIMIT_CORE", 2, 1}}) == "process.rlimits[0].soft: expected at most the hard limit 1, found 2");
}

TEST_CASE("scheduling", "[validate]") {
  using oci::SchedulerPolicy;
  const auto scheduler = [](oci::Scheduler value) {
    return changed_process([&](oci::Process& p) { p.scheduler = std::move(value); });
  };
  CHECK(scheduler({.policy = SchedulerPolicy::batch, .nice = -20}).empty());
  CHECK(scheduler({.policy = SchedulerPolicy::batch, .nice = 20}) ==
        "process.scheduler.nice: invalid scheduler.nice: 20 when scheduler.policy is SCHED_BATCH");
  CHECK(scheduler({.policy = SchedulerPolicy::rr, .priority = 1}).empty());
  CHECK(scheduler({.policy = SchedulerPolicy::idle, .priority = 1}) ==
        "process.scheduler.priority: scheduler.priority can only be specified for SchedFIFO or SchedRR policy");
  CHECK(scheduler({.policy = SchedulerPolicy::deadline, .runtime = 1, .deadline = 2, .period = 3}).empty());
  CHECK(scheduler({.policy = SchedulerPolicy::fifo, .runtime = 1}) ==
        "process.scheduler: scheduler runtime/deadline/period can only be specified for SchedDeadline policy");
  CHECK(scheduler({.flags = {"SCHED_FLAG_RECLAIM", "X"}}) == "process.scheduler.flags[1]: invalid scheduler flag: X");
  CHECK(changed_process([](oci::Process& p) { p.io_priority = oci::IoPriority{.priority = 8}; }) ==
        "process.ioPriority.priority: invalid ioPriority.Priority: 8");
  CHECK(changed_process([](oci::Process& p) { p.exec_cpu_affinity = oci::CpuAffinity{.initial = "0-x"}; }) ==
        "process.execCPUAffinity.initial: bad CPUAffinity.Initial: parsing \"x\": invalid syntax");
  CHECK(changed_process([](oci::Process& p) { p.exec_cpu_affinity = oci::CpuAffinity{.final = " 0-1, ,3,"}; }).empty());
}

TEST_CASE("sets of ids", "[validate]") {
  CHECK(oci::count_ids(oci::parse_id_set("")) == 0);
  CHECK(oci::count_ids(oci::parse_id_set("0-3,2-5,7")) == 7);
  CHECK(oci::bit_mask(oci::parse_id_set("")).empty());
  CHECK(oci::bit_mask(oci::parse_id_set("0-3, 7,64")) == std::vector<unsigned long>{0x8f, 1});
  CHECK_THROWS_WITH(oci::parse_id_set("3-1"), "invalid range: 3-1");
  CHECK_THROWS_WITH(oci::parse_id_set("65537"), "values larger than 65536 are not supported");
  CHECK_THROWS_WITH(oci::parse_id_set(","), "no members found in set \",\"");
}

TEST_CASE("root, mounts and hooks", "[validate]") {
  CHECK(changed([](oci::Spec& s) { s.root.reset(); }) == "root: root must be specified");
  CHECK(changed([](oci::Spec& s) { s.root->path.clear(); }).starts_with("root.path: expected a path"));
  const auto mount = [](oci::Mount value) { return changed([&](oci::Spec& s) { s.mounts = {std::move(value)}; }); };
  CHECK(mount({.destination = "relative"}).empty());
  CHECK(mount({}) == "mounts[0].destination: expected a path, found an empty string");
  const std::vector<oci::IdMapping> ids = {{0, 0, 1}};
  CHECK(mount({.destination = "/a", .options = {"rbind"}, .uid_mappings = ids, .gid_mappings = ids}).empty());
  CHECK(mount({.destination = "/a", .uid_mappings = ids, .gid_mappings = ids}) ==
        "mounts[0]: id-mapped mounts are only supported for bind-mounts");
  CHECK(mount({.destination = "/a", .options = {"bind"}, .uid_mappings = ids}) ==
        "mounts[0]: id-mapped mounts must have both uid and gid mappings specified");
  const auto hook = [](oci::Hook value) {
    return changed([&](oci::Spec& s) { s.hooks.emplace().create_container = {std::move(value)}; });
  };
  CHECK(hook({.path = "/h", .timeout = 1}).empty());
  CHECK(hook({.path = "h"}) == "hooks.createContainer[0].path: expected an absolute path, found \"h\"");
  CHECK(hook({.path = "/h", .timeout = 0}) ==
        "hooks.createContainer[0].timeout: expected a number of seconds greater than 0, found 0");
}

TEST_CASE("settings need a namespace of their own", "[validate]") {
  const auto lacking = [](NamespaceType type, auto change) {
    return changed([&](oci::Spec& s) {
      without(*s.linux_, type);
      change(s);
    });
  };
  CHECK(lacking(NamespaceType::uts, [](oci::Spec&) {}) ==
        "hostname: unable to set hostname without a private UTS namespace");
  CHECK(lacking(NamespaceType::uts, [](oci::Spec& s) {
          s.hostname.clear();
          s.domainname = "d";
        }) == "domainname: unable to set domainname without a private UTS namespace");
  const auto named = [](const char* field, const char* sysctl) {
    return changed([&](oci::Spec& s) {
      s.domainname = field;
      s.linux_->sysctl["kernel.domainname"] = sysctl;
    });
  };
  CHECK(named("d", "d").empty());
  CHECK(named("", "d").empty());
  CHECK(named("d", "e") == "domainname: conflicts with the sysctl \"kernel.domainname\"");
  CHECK(lacking(NamespaceType::mount, [](oci::Spec&) {}) ==
        "linux.maskedPaths: unable to restrict sys entries without a private MNT namespace");
  CHECK(lacking(NamespaceType::network, [](oci::Spec& s) {
          s.linux_->net_devices = {{"eth0", {}}};
        }) == "linux.netDevices: unable to move network devices without a NET namespace");
  CHECK(changed_linux([](oci::Linux& l) {
          l.net_devices = {{"eth0", {"a/b"}}};
        }) == "linux.netDevices[\"eth0\"].name: invalid network device name \"a/b\"");
  CHECK(changed_linux([](oci::Linux& l) {
          l.net_devices = {{"0123456789abcdef", {}}};
        }).ends_with("invalid network device name \"0123456789abcdef\""));
}

TEST_CASE("namespaces", "[validate]") {
  CHECK(changed_linux([](oci::Linux& l) {
          l.namespaces.push_back({NamespaceType::pid, "/p"});
        }) == "linux.namespaces[5]: malformed spec file: duplicated ns {\"pid\" \"/p\"}");
  CHECK(changed_linux([](oci::Linux& l) { l.namespaces[0].path = "p"; }) ==
        "linux.namespaces[0].path: expected an absolute path, found \"p\"");
}

TEST_CASE("user namespace and its mappings", "[validate]") {
  const auto mapped = [](std::vector<oci::IdMapping> uids, std::vector<oci::IdMapping> gids, std::string path = {}) {
    return changed_linux([&](oci::Linux& l) {
      l.namespaces.push_back({NamespaceType::user, std::move(path)});
      l.uid_mappings = std::move(uids);
      l.gid_mappings = std::move(gids);
    });
  };
  const oci::IdMapping one{0, 1000, 1};
  CHECK(mapped({one}, {one}).empty());
  CHECK(mapped({{0, 0, UINT32_MAX}}, {one}).empty());
  CHECK(mapped({}, {}, "/proc/1/ns/user").empty());
  CHECK(mapped({}, {}) == "linux.uidMappings: user namespaces enabled, but no namespace path to join nor mappings to "
                          "apply specified");
  CHECK(mapped({one}, {}) == "linux.gidMappings: user namespaces enabled, but no gid mappings found");
  CHECK(mapped({{1, 1, 1}}, {one}) == "linux.uidMappings: user namespaces enabled, but no mapping found for uid 0");
  CHECK(mapped({{0, 0, 0}}, {one}) == "linux.uidMappings[0].size: expected at least 1, found 0");
  CHECK(mapped({{0, 1, UINT32_MAX}}, {one}) ==
        "linux.uidMappings[0].size: expected ids below 4294967295, found 4294967295 from 1");
  CHECK(changed_linux([&](oci::Linux& l) { l.gid_mappings = {one}; }) ==
        "linux.gidMappings: user namespace mappings specified, but user namespace isn't enabled in the config");
}

TEST_CASE("time offsets", "[validate]") {
  const auto offsets = [](std::map<std::string, oci::TimeOffset> all, std::optional<oci::Namespace> time) {
    return changed_linux([&](oci::Linux& l) {
      l.time_offsets = std::move(all);
      if (time) l.namespaces.push_back(*time);
    });
  };
  const oci::Namespace own{NamespaceType::time, {}};
  CHECK(offsets({{"boottime", {-1, 5}}, {"monotonic", {}}}, own).empty());
  CHECK(offsets({{"boottime", {}}}, {}) ==
        "linux.timeOffsets: time namespace offsets specified, but time namespace isn't enabled in the config");
  CHECK(offsets({{"boottime", {}}}, oci::Namespace{NamespaceType::time, "/p"}).find("you may only provide one") !=
        std::string::npos);
  CHECK(offsets({{"realtime", {}}}, own).starts_with("linux.timeOffsets[\"realtime\"]: expected the clock"));
  CHECK(offsets({{"boottime", {0, 1'000'000'000}}}, own).ends_with("expected less than a second, found 1000000000"));
}

TEST_CASE("sysctls belong to a namespace of the container", "[validate]") {
  const auto sysctl = [](std::string_view name, std::optional<NamespaceType> lacking = {}) {
    return changed([&](oci::Spec& s) {
      if (lacking) without(*s.linux_, *lacking);
      if (lacking == NamespaceType::uts) s.hostname.clear();
      s.linux_->sysctl = {{std::string(name), "1"}};
    });
  };
  CHECK(sysctl("kernel.shmmax").empty());
  CHECK(sysctl("fs.mqueue.msg_max").empty());
  CHECK(sysctl("net.ipv4.ip_forward").empty());
  CHECK(sysctl("net/ipv4/conf/eth0.1/rp_filter").empty());
  CHECK(sysctl("kernel.domainname").empty());
  CHECK(sysctl("kernel.shmmax", NamespaceType::ipc) ==
        "linux.sysctl[\"kernel.shmmax\"]: sysctl \"kernel.shmmax\" is not allowed in the hosts ipc namespace");
  CHECK(sysctl("net.ipv4.ip_forward", NamespaceType::network)
            .ends_with("sysctl \"net.ipv4.ip_forward\" not allowed in host network namespace"));
  CHECK(sysctl("kernel.hostname")
            .ends_with("sysctl \"kernel.hostname\" is not allowed as it conflicts with the OCI \"hostname\" field"));
  CHECK(sysctl("kernel.domainname", NamespaceType::uts).ends_with("is not in a separate kernel namespace"));
  CHECK(sysctl("user.max_user_namespaces")
            .ends_with("setting ucounts without a user namespace not allowed: user.max_user_namespaces"));
  CHECK(sysctl("vm.swappiness").ends_with("sysctl \"vm.swappiness\" is not in a separate kernel namespace"));
  CHECK(sysctl("kernel/shm_rmid_forced").empty());
  for (const char* climbing : {"net/../kernel/core_pattern", "net.//.kernel.core_pattern"})
    CHECK(sysctl(climbing).ends_with("\"..\" is no name of a sysctl"));
}

TEST_CASE("devices, seccomp, intelRdt, memory policy", "[validate]") {
  const auto device = [](oci::Device value) { return changed_linux([&](oci::Linux& l) { l.devices = {value}; }); };
  CHECK(device({.path = "/dev/x", .type = "p"}).empty());
  CHECK(device({.path = "/dev/x", .type = "x"}) == "linux.devices[0].type: invalid device type \"x\"");
  CHECK(device({.path = "x", .type = "c"}).starts_with("linux.devices[0].path: expected an absolute path"));
  const auto rule = [](oci::DeviceRule value) {
    return changed_linux([&](oci::Linux& l) { l.resources->devices.push_back(value); });
  };
  CHECK(rule({}) == "linux.resources.devices[1].access: device access at 1 field cannot be empty");
  CHECK(rule({.type = "u", .access = "r"}) == "linux.resources.devices[1].type: invalid cgroup device type \"u\"");

  const auto seccomp = [](oci::SeccompRule value) {
    return changed_linux([&](oci::Linux& l) { l.seccomp.emplace().syscalls = {value}; });
  };
  CHECK(seccomp({.names = {"read"}}).empty());
  CHECK(seccomp({}).starts_with("linux.seccomp.syscalls[0].names: expected at least one"));
  CHECK(seccomp({.names = {"read", ""}}) == "linux.seccomp.syscalls[0].names[1]: empty string is not a valid syscall");
  CHECK(seccomp({.names = {"read"}, .args = {{.index = 6}}}) ==
        "linux.seccomp.syscalls[0].args[0].index: expected 0 to 5, found 6");

  const auto rdt = [](oci::IntelRdt value) { return changed_linux([&](oci::Linux& l) { l.intel_rdt = value; }); };
  CHECK(rdt({.clos_id = "/"}).empty());
  CHECK(rdt({.clos_id = ".."}) == "linux.intelRdt.closID: invalid intelRdt.ClosID \"..\"");
  CHECK(rdt({.clos_id = "a/b"}) == "linux.intelRdt.closID: invalid intelRdt.ClosID \"a/b\"");
  CHECK(rdt({.mem_bw_schema = "MB:0=20"}).empty());
  CHECK(rdt({.mem_bw_schema = "MB:0=20\nL3:0=1"}).starts_with("linux.intelRdt.memBwSchema: expected one line"));

  using oci::MemoryPolicyMode;
  const auto policy = [](oci::MemoryPolicy value) {
    return changed_linux([&](oci::Linux& l) { l.memory_policy = value; });
  };
  CHECK(policy({}).empty());
  CHECK(policy({.mode = MemoryPolicyMode::bind, .nodes = "0", .flags = {"MPOL_F_STATIC_NODES"}}).empty());
  CHECK(policy({.mode = MemoryPolicyMode::preferred}).empty());
  CHECK(policy({.nodes = "0-7"}) == "linux.memoryPolicy.nodes: memory policy mode requires 0 nodes but got 8");
  CHECK(policy({.mode = MemoryPolicyMode::bind}) ==
        "linux.memoryPolicy.nodes: memory policy mode requires at least one node but got 0");
  CHECK(policy({.nodes = "99999999"}).starts_with("linux.memoryPolicy.nodes: invalid memory policy nodes"));
  CHECK(policy({.flags = {"x"}}) == "linux.memoryPolicy.flags[0]: invalid memory policy flag \"x\"");
}
