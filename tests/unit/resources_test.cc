// oci-spec/resources.h: the documents of `update --resources` as engines send them.
#include "oci-spec/error.h"
#include "oci-spec/spec.h"
#include "tests/unit/catch.h"

namespace {

oci::Resources parse(std::string_view text) {
  return oci::parse_resources(text, "stdin");
}

} // namespace

TEST_CASE("an absent limit differs from zero", "[resources]") {
  const oci::Resources resources = parse(
      R"({"memory":{"limit":100663296,"reservation":0},"cpu":{"shares":256,"cpus":""},"pids":{},"blockIO":{"weight":0}})");
  CHECK(resources.memory->limit == 100663296);
  CHECK(resources.memory->reservation == 0);
  CHECK_FALSE(resources.memory->swap);
  CHECK(resources.cpu->shares == 256U);
  CHECK_FALSE(resources.cpu->quota);
  CHECK(resources.cpu->cpus.empty());
  REQUIRE(resources.pids);
  CHECK_FALSE(resources.pids->limit);
  CHECK(resources.block_io->weight == uint16_t{0});
  CHECK_FALSE(resources.network);
}

TEST_CASE("all resources survive writing and reading", "[resources]") {
  const std::string text =
      R"({"devices":[{"allow":false,"access":"rwm"},{"allow":true,"type":"c","major":1,"minor":0,"access":"r"}],)"
      R"("memory":{"limit":-1,"reservation":2,"swap":3,"kernel":4,"kernelTCP":5,"swappiness":6,)"
      R"("disableOOMKiller":false,"useHierarchy":true,"checkBeforeUpdate":true},)"
      R"("cpu":{"shares":1,"quota":-1,"burst":0,"period":2,"realtimeRuntime":3,"realtimePeriod":4,"cpus":"0-1",)"
      R"("mems":"0","idle":1},"pids":{"limit":-1},)"
      R"("blockIO":{"weight":10,"leafWeight":11,"weightDevice":[{"major":8,"minor":0,"weight":1,"leafWeight":2}],)"
      R"("throttleReadBpsDevice":[{"major":8,"minor":0,"rate":1}],"throttleWriteBpsDevice":[{"major":8,"minor":1,)"
      R"("rate":2}],"throttleReadIOPSDevice":[{"major":8,"minor":2,"rate":3}],"throttleWriteIOPSDevice":[{"major":8,)"
      R"("minor":3,"rate":18446744073709551615}]},"hugepageLimits":[{"pageSize":"2MB","limit":0}],)"
      R"("network":{"classID":1048577,"priorities":[{"name":"eth0","priority":5}]},)"
      R"("rdma":{"mlx5_1":{"hcaHandles":3,"hcaObjects":4}},"unified":{"memory.high":"1"}})";
  CHECK(to_json(parse(text)) == text);
}

TEST_CASE("errors name the document's own paths", "[resources]") {
  CHECK_THROWS_WITH(parse(R"({"pids":{"limit":"5"}})"),
                    "stdin:1:18: pids.limit: expected a signed 64-bit integer, found the string \"5\"");
  CHECK_THROWS_WITH(
      parse(R"({"rdma":{"mlx5_1":{"hcaHandles":-1}}})"),
      "stdin:1:33: rdma[\"mlx5_1\"].hcaHandles: expected an unsigned 32-bit integer, found the number -1");
}
