// runtime/cgroups/merge.h.
#include "oci-spec/spec.h"
#include "runtime/cgroups/merge.h"
#include "tests/unit/catch.h"

using skiff::cgroups::changes_devices;
using skiff::cgroups::completed;
using skiff::cgroups::merge;

namespace {

oci::Resources parsed(std::string_view json) {
  return oci::parse_resources(json, "test");
}

std::string merged(std::string_view before, std::string_view update) {
  return oci::to_json(merge(parsed(before), parsed(update)));
}

// What is written for an update.
std::string written(std::string_view before, std::string_view update) {
  const auto change = parsed(update);
  return oci::to_json(completed(change, merge(parsed(before), change)));
}

} // namespace

TEST_CASE("an update takes the place of what was, zeros do not", "[cgroups]") {
  CHECK(merged(R"({"memory":{"limit":100},"cpu":{"shares":5,"cpus":"0"}})",
               R"({"memory":{"limit":200,"reservation":0},"cpu":{"shares":0,"quota":7,"cpus":""}})") ==
        R"({"memory":{"limit":200},"cpu":{"shares":5,"quota":7,"cpus":"0"}})");
  CHECK(merged(R"({"blockIO":{"weight":10}})", R"({"blockIO":{"weight":0}})") == R"({"blockIO":{"weight":10}})");
  CHECK(merged("{}", R"({"pids":{"limit":3}})") == R"({"pids":{"limit":3}})");
}

TEST_CASE("some zeros are values", "[cgroups]") {
  CHECK(merged(R"({"pids":{"limit":5}})", R"({"pids":{"limit":0}})") == R"({"pids":{"limit":0}})");
  CHECK(merged(R"({"cpu":{"burst":5,"idle":1}})", R"({"cpu":{"burst":0,"idle":0}})") ==
        R"({"cpu":{"burst":0,"idle":0}})");
}

TEST_CASE("unlimited memory is unlimited swap", "[cgroups]") {
  CHECK(merged(R"({"memory":{"limit":1,"swap":2}})", R"({"memory":{"limit":-1}})") == R"({"memory":{"limit":-1}})");
  CHECK(merged(R"({"memory":{"limit":1,"swap":2}})", R"({"memory":{"limit":-1,"swap":9}})") ==
        R"({"memory":{"limit":-1,"swap":9}})");
}

TEST_CASE("devices are updated one by one, of duplicates the last", "[cgroups]") {
  CHECK(
      merged(
          R"({"blockIO":{"throttleReadBpsDevice":[{"major":8,"minor":0,"rate":1},{"major":8,"minor":0,"rate":2}]}})",
          R"({"blockIO":{"throttleReadBpsDevice":[{"major":8,"minor":0,"rate":5},{"major":9,"minor":1,"rate":6}]}})") ==
      R"({"blockIO":{"throttleReadBpsDevice":[{"major":8,"minor":0,"rate":1},{"major":8,"minor":0,"rate":5},)"
      R"({"major":9,"minor":1,"rate":6}]}})");
  CHECK(merged(R"({"blockIO":{"weightDevice":[{"major":8,"minor":0,"weight":10,"leafWeight":20}]}})",
               R"({"blockIO":{"weightDevice":[{"major":8,"minor":0,"weight":30}]}})") ==
        R"({"blockIO":{"weightDevice":[{"major":8,"minor":0,"weight":30,"leafWeight":20}]}})");
}

TEST_CASE("values by name are replaced by name", "[cgroups]") {
  CHECK(merged(R"({"hugepageLimits":[{"pageSize":"2MB","limit":1},{"pageSize":"1GB","limit":2}]})",
               R"({"hugepageLimits":[{"pageSize":"2MB","limit":3}]})") ==
        R"({"hugepageLimits":[{"pageSize":"1GB","limit":2},{"pageSize":"2MB","limit":3}]})");
  CHECK(merged(R"({"rdma":{"a":{"hcaHandles":1}}})", R"({"rdma":{"a":{"hcaHandles":2},"b":{"hcaObjects":3}}})") ==
        R"({"rdma":{"a":{"hcaHandles":2},"b":{"hcaObjects":3}}})");
}

TEST_CASE("the other half of a pair is written too", "[cgroups]") {
  const std::string_view before = R"({"memory":{"limit":10,"swap":20},"cpu":{"quota":5,"period":6,"shares":9}})";
  CHECK(written(before, R"({"cpu":{"quota":7}})") == R"({"cpu":{"quota":7,"period":6}})");
  CHECK(written(before, R"({"cpu":{"period":7}})") == R"({"cpu":{"quota":5,"period":7}})");
  CHECK(written(before, R"({"cpu":{"shares":7}})") == R"({"cpu":{"shares":7}})");
  CHECK(written(before, R"({"memory":{"limit":15}})") == R"({"memory":{"limit":15,"swap":20}})");
  CHECK(written(before, R"({"memory":{"swap":25}})") == R"({"memory":{"limit":10,"swap":25}})");
  CHECK(written(before, R"({"memory":{"reservation":5}})") == R"({"memory":{"reservation":5}})");
  CHECK(written(before, R"({"memory":{"limit":-1}})") == R"({"memory":{"limit":-1}})");
  CHECK(written(before, R"({"unified":{"memory.high":"5"}})") == R"({"unified":{"memory.high":"5"}})");
}

TEST_CASE("the rule that denies everything is no change of devices", "[cgroups]") {
  CHECK_FALSE(changes_devices(parsed("{}")));
  CHECK_FALSE(changes_devices(parsed(R"({"devices":[{"allow":false,"access":"rwm"}]})")));
  CHECK_FALSE(changes_devices(parsed(R"({"devices":[{"allow":false,"type":"a","access":"rwm"}]})")));
  CHECK(changes_devices(parsed(R"({"devices":[{"allow":true,"access":"rwm"}]})")));
  CHECK(changes_devices(parsed(R"({"devices":[{"allow":false,"type":"c","major":1,"minor":3,"access":"r"}]})")));
}

TEST_CASE("device rules come on top of those of before", "[cgroups]") {
  const std::string_view null = R"({"allow":true,"type":"c","major":1,"minor":3,"access":"r"})";
  const std::string_view fuse = R"({"allow":true,"type":"c","major":10,"minor":229,"access":"r"})";
  const auto list = [](std::string_view a, std::string_view b) {
    return R"({"devices":[)" + std::string(a) + (b.empty() ? "" : ",") + std::string(b) + "]}";
  };
  CHECK(merged(list(null, ""), list(fuse, "")) == list(null, fuse));
  const std::string_view all = R"({"allow":false,"access":"rwm"})";
  CHECK(merged(list(null, ""), list(all, fuse)) == list(all, fuse));
}
