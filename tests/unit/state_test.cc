// oci-spec/state.h and oci-spec/features.h.
#include "oci-spec/error.h"
#include "oci-spec/features.h"
#include "oci-spec/state.h"
#include "tests/unit/catch.h"

TEST_CASE("the state document", "[state]") {
  oci::State state;
  state.id = "c1";
  state.bundle = "/b";
  CHECK(to_json(state) == R"({"ociVersion":"1.3.0","id":"c1","status":"creating","bundle":"/b"})");
  state.pid = 42;
  state.status = oci::Status::paused;
  state.annotations = {{"k", "v"}};
  const std::string text = to_json(state);
  CHECK(text == R"({"ociVersion":"1.3.0","id":"c1","status":"paused","pid":42,"bundle":"/b","annotations":{"k":"v"}})");
  CHECK(to_json(oci::parse_state(text, "state.json")) == text);
}

TEST_CASE("the state document's errors", "[state]") {
  const auto parse = [](std::string_view text) { (void)oci::parse_state(text, "state.json"); };
  CHECK_THROWS_WITH(parse(R"({"ociVersion":"1.0.0","id":"x","bundle":"/b","status":"dead"})"),
                    "state.json:1:55: status: expected one of creating, created, running, paused, stopped, found the "
                    "string \"dead\"");
  CHECK_THROWS_WITH(parse(R"({"ociVersion":"1.0.0","id":"x","bundle":"/b"})"),
                    "state.json:1:1: status: this required property is missing");
}

TEST_CASE("every status has its word", "[state]") {
  CHECK(to_string(oci::Status::creating) == "creating");
  CHECK(to_string(oci::Status::created) == "created");
  CHECK(to_string(oci::Status::running) == "running");
  CHECK(to_string(oci::Status::stopped) == "stopped");
}

TEST_CASE("the seccomp agent's document", "[state]") {
  oci::ContainerProcessState state;
  state.fds = {"seccompFd"};
  state.pid = 7;
  state.state.id = "c1";
  state.state.bundle = "/b";
  CHECK(to_json(state) == R"({"ociVersion":"1.3.0","fds":["seccompFd"],"pid":7,)"
                          R"("state":{"ociVersion":"1.3.0","id":"c1","status":"creating","bundle":"/b"}})");
}

TEST_CASE("the features document keeps unknown apart from no", "[features]") {
  oci::Features features;
  features.oci_version_min = "1.0.0";
  features.oci_version_max = "1.3.0";
  features.linux_.emplace();
  features.linux_->apparmor.emplace().enabled = false;
  features.linux_->selinux.emplace();
  features.linux_->mount_extensions.emplace().idmap.emplace().enabled = true;
  features.linux_->intel_rdt.emplace().monitoring = true;
  const std::string text = to_json(features, oci::Indent::none);
  CHECK(text == R"({"ociVersionMin":"1.0.0","ociVersionMax":"1.3.0","linux":{"apparmor":{"enabled":false},)"
                R"("selinux":{},"intelRdt":{"monitoring":true},"mountExtensions":{"idmap":{"enabled":true}}}})");
  CHECK(to_json(oci::parse_features(text, "features"), oci::Indent::none) == text);
  CHECK(to_json(oci::Features{}).starts_with("{\n  \"ociVersionMin\": \"\",\n"));
}
