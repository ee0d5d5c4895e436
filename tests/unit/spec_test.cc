// oci-spec/spec.h: reading and writing config.json.
#include "oci-spec/error.h"
#include "oci-spec/spec.h"
#include "tests/unit/catch.h"

namespace {

std::string failure(std::string_view text) {
  try {
    (void)oci::parse_spec(text, "config.json");
    return {};
  } catch (const oci::SpecError& error) {
    return error.what();
  }
}

// The message for a document whose `linux` object is `text`.
std::string linux_failure(std::string_view text) {
  return failure(R"({"ociVersion":"1.0.0","linux":)" + std::string(text) + "}");
}

oci::Linux parse_linux(std::string_view text) {
  const std::string json = R"({"ociVersion":"1.0.0","linux":)" + std::string(text) + "}";
  return oci::parse_spec(json, "config.json").linux_.value();
}

} // namespace

TEST_CASE("type errors name file, place, path, found and expected", "[spec]") {
  CHECK(failure("{\"ociVersion\": \"1.0.0\",\n \"process\": {\"cwd\": \"/\",\n  \"user\": {\"uid\": \"x\"}}}") ==
        "config.json:3:19: process.user.uid: expected an unsigned 32-bit integer, found the string \"x\"");
  CHECK(failure(R"({"ociVersion":1})") == "config.json:1:15: ociVersion: expected a string, found the number 1");
  CHECK(failure("[]") == "config.json:1:1: expected an object, found an array");
  CHECK(failure("null") == "config.json:1:1: expected an object, found null");
  CHECK(failure("{}") == "config.json:1:1: ociVersion: this required property is missing");
  CHECK(failure(R"({"ociVersion":"1.0.0","root":{}})") ==
        "config.json:1:30: root.path: this required property is missing");
  CHECK(failure(R"({"ociVersion":"1.0.0","mounts":[{"destination":"/a"},{"destination":"/b","options":"ro"}]})") ==
        "config.json:1:84: mounts[1].options: expected an array, found the string \"ro\"");
  CHECK(failure(R"({"ociVersion":"1.0.0","annotations":{"a.b":1}})") ==
        "config.json:1:44: annotations[\"a.b\"]: expected a string, found the number 1");
  CHECK(failure(R"({"ociVersion":"1.0.0","process":{"cwd":"/","terminal":1}})") ==
        "config.json:1:55: process.terminal: expected true or false, found the number 1");
}

TEST_CASE("integers have exact ranges and no other spelling", "[spec]") {
  const auto uid = [](std::string_view number) {
    return failure(R"({"ociVersion":"1.0.0","process":{"cwd":"/","user":{"uid":)" + std::string(number) + "}}}");
  };
  CHECK(uid("4294967295").empty());
  CHECK(uid("4294967296").ends_with("expected an unsigned 32-bit integer, found the number 4294967296"));
  CHECK(uid("-1").ends_with("found the number -1"));
  CHECK(uid("1e3").ends_with("found the number 1e3"));
  CHECK(uid("1.0").ends_with("found the number 1.0"));
  CHECK(linux_failure(R"({"resources":{"memory":{"limit":9223372036854775807}}})").empty());
  CHECK(linux_failure(R"({"resources":{"memory":{"limit":-9223372036854775808}}})").empty());
  CHECK(linux_failure(R"({"resources":{"memory":{"limit":9223372036854775808}}})")
            .ends_with("linux.resources.memory.limit: expected a signed 64-bit integer, found the number "
                       "9223372036854775808"));
  CHECK(linux_failure(R"({"resources":{"cpu":{"shares":18446744073709551615}}})").empty());
  CHECK(linux_failure(R"({"resources":{"blockIO":{"weight":65536}}})")
            .ends_with("expected an unsigned 16-bit integer, found the number 65536"));
}

TEST_CASE("null is absent and unknown properties are ignored", "[spec]") {
  const oci::Spec spec = oci::parse_spec(
      R"({"ociVersion":"1.0.0","hostname":null,"mounts":null,"process":null,"linux":{"resources":null},"x":{"y":[1]}})",
      "config.json");
  CHECK(spec.hostname.empty());
  CHECK_FALSE(spec.process);
  REQUIRE(spec.linux_);
  CHECK_FALSE(spec.linux_->resources);
  CHECK(failure(R"({"ociVersion":null})").ends_with("ociVersion: this required property is missing"));
}

TEST_CASE("unknown spellings get runc's sentences", "[spec]") {
  CHECK(linux_failure(R"({"namespaces":[{"type":"x"}]})") ==
        "config.json:1:54: linux.namespaces[0].type: namespace \"x\" does not exist");
  CHECK(linux_failure(R"({"namespaces":[{"type":1}]})")
            .ends_with("linux.namespaces[0].type: expected one of mount, pid, network, uts, ipc, user, cgroup, time, "
                       "found the number 1"));
  CHECK(linux_failure(R"({"rootfsPropagation":"x"})").ends_with("rootfsPropagation=x is not supported"));
  CHECK(linux_failure(R"({"seccomp":{"defaultAction":"x"}})")
            .ends_with("linux.seccomp.defaultAction: string x is not a valid action for seccomp"));
  CHECK(linux_failure(R"({"memoryPolicy":{"mode":"x"}})").ends_with("invalid memory policy mode \"x\""));
  CHECK(linux_failure(R"({"personality":{"domain":"x"}})").ends_with("invalid personality domain x"));
}

TEST_CASE("spellings that runc accepts beyond the schema", "[spec]") {
  CHECK(parse_linux(R"({"rootfsPropagation":"rslave"})").rootfs_propagation == oci::RootfsPropagation::rslave);
  CHECK(parse_linux(R"({"rootfsPropagation":""})").rootfs_propagation == oci::RootfsPropagation::unset);
  CHECK_FALSE(parse_linux(R"({"seccomp":{}})").seccomp);
  CHECK_FALSE(parse_linux(R"({"seccomp":{"defaultAction":"","syscalls":[]}})").seccomp);
  CHECK(linux_failure(R"({"seccomp":{"defaultAction":"","syscalls":[{"names":["x"],"action":"SCMP_ACT_LOG"}]}})")
            .ends_with("linux.seccomp.defaultAction: string  is not a valid action for seccomp"));
  CHECK(parse_linux(R"({"seccomp":{"defaultAction":"SCMP_ACT_ALLOW"}})").seccomp);
}

TEST_CASE("documents are written in Go's order without zero fields", "[spec]") {
  oci::Spec spec;
  spec.oci_version = "1.3.0";
  spec.process.emplace();
  spec.process->cwd = "/";
  spec.process->args = {"sh"};
  spec.root = oci::Root{.path = "rootfs"};
  spec.linux_.emplace();
  spec.linux_->devices = {oci::Device{.path = "/dev/x", .type = "p"}};
  spec.linux_->resources.emplace();
  spec.linux_->resources->devices = {oci::DeviceRule{.access = "rwm"}};
  spec.linux_->resources->memory = oci::MemoryLimits{.limit = 0};
  spec.annotations = {{"b", "2"}, {"a", "<1>"}};
  CHECK(to_json(spec, oci::Indent::none) ==
        R"({"ociVersion":"1.3.0","process":{"user":{"uid":0,"gid":0},"args":["sh"],"cwd":"/"},)"
        R"("root":{"path":"rootfs"},"annotations":{"a":"\u003c1\u003e","b":"2"},)"
        R"("linux":{"resources":{"devices":[{"allow":false,"access":"rwm"}],"memory":{"limit":0}},)"
        R"("devices":[{"path":"/dev/x","type":"p","major":0,"minor":0}]}})");
}

TEST_CASE("what is written reads back the same", "[spec]") {
  const std::string text =
      R"({"ociVersion":"1.3.0","process":{"terminal":true,"consoleSize":{"height":25,"width":80},)"
      R"("user":{"uid":1,"gid":2,"umask":63,"additionalGids":[5,6]},"args":["a"],"env":["A=b"],"cwd":"/",)"
      R"("capabilities":{"bounding":["CAP_KILL"]},"rlimits":[{"type":"RLIMIT_CORE","hard":2,"soft":1}],)"
      R"("oomScoreAdj":0,"scheduler":{"policy":"SCHED_DEADLINE","nice":-1,"runtime":1,"deadline":2,"period":3},)"
      R"("ioPriority":{"class":"IOPRIO_CLASS_IDLE","priority":0},"execCPUAffinity":{"initial":"0","final":"0-1"}},)"
      R"("hooks":{"prestart":[{"path":"/h","args":["h"],"env":["X=y"],"timeout":3}],"poststop":[{"path":"/h"}]},)"
      R"("linux":{"netDevices":{"eth0":{"name":"e"}},"seccomp":{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":38,)"
      R"("syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW","args":[{"index":0,"value":18446744073709551615,)"
      R"("op":"SCMP_CMP_MASKED_EQ"}]}]},"rootfsPropagation":"rslave","memoryPolicy":{"mode":"MPOL_DEFAULT"},)"
      R"("personality":{"domain":"LINUX32"},"timeOffsets":{"boottime":{"secs":-5,"nanosecs":1},"monotonic":{}}}})";
  CHECK(to_json(oci::parse_spec(text, "config.json"), oci::Indent::none) == text);
}
