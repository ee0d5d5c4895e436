// runtime/cgroups/limits_v1.h.
#include "runtime/base/error.h"
#include "runtime/cgroups/limits_v1.h"
#include "tests/unit/catch.h"

using skiff::cgroups::FactsV1;
using skiff::cgroups::IfInvalid;
using skiff::cgroups::IfMissing;
using skiff::cgroups::limits_v1;
using skiff::cgroups::ReadBack;
using skiff::cgroups::Settings;

namespace {

constexpr std::string_view kLimit = "memory.limit_in_bytes";
constexpr std::string_view kSwap = "memory.memsw.limit_in_bytes";

Settings of_memory(std::optional<int64_t> limit, std::optional<int64_t> swap, FactsV1 facts = {}) {
  oci::Resources resources;
  resources.memory.emplace();
  resources.memory->limit = limit;
  resources.memory->swap = swap;
  return limits_v1(resources, facts);
}

} // namespace

TEST_CASE("nothing set is nothing written", "[cgroups]") {
  oci::Resources resources;
  CHECK(limits_v1(resources, {}).empty());
  resources.memory.emplace();
  resources.memory->limit = 0;
  resources.memory->swappiness = UINT64_MAX; // -1 of older callers
  resources.memory->kernel = -1;
  resources.memory->kernel_tcp = 0;
  resources.cpu.emplace();
  resources.cpu->shares = 0;
  resources.cpu->quota = 0;
  resources.pids.emplace();
  resources.block_io.emplace();
  resources.block_io->weight = 0;
  resources.network.emplace();
  resources.network->class_id = 0;
  CHECK(limits_v1(resources, {}).empty());
}

TEST_CASE("what newer kernels may not take is written all the same", "[cgroups]") {
  oci::Resources resources;
  resources.memory.emplace();
  resources.memory->kernel = 4096;
  resources.memory->kernel_tcp = 8192;
  resources.memory->use_hierarchy = false;
  CHECK(limits_v1(resources, {}) ==
        Settings{{"memory.kmem.limit_in_bytes", "4096", IfMissing::Fail, IfInvalid::Fail, ReadBack::Yes},
                 {"memory.kmem.tcp.limit_in_bytes", "8192"},
                 {"memory.use_hierarchy", "0"}});
}

TEST_CASE("memory and memory+swap go in the order that the kernel accepts", "[cgroups]") {
  const std::string limit(kLimit);
  const std::string swap(kSwap);
  // A new cgroup is unlimited: memory comes down first.
  CHECK(of_memory(100, 200) == Settings{{limit, "100"}, {swap, "200"}});
  // Growing beyond the present limit: memory+swap goes up first.
  CHECK(of_memory(100, 200, {.memory_limit = 50}) == Settings{{swap, "200"}, {limit, "100"}});
  CHECK(of_memory(100, -1) == Settings{{swap, "-1"}, {limit, "100"}});
  CHECK(of_memory(-1, std::nullopt) == Settings{{swap, "-1", IfMissing::Ignore}, {limit, "-1"}});
  CHECK(of_memory(100, std::nullopt) == Settings{{limit, "100"}});
}

TEST_CASE("the rest of memory", "[cgroups]") {
  oci::Resources resources;
  auto& memory = resources.memory.emplace();
  memory.reservation = 10;
  memory.disable_oom_killer = true;
  memory.swappiness = 60;
  CHECK(limits_v1(resources, {}) ==
        Settings{{"memory.soft_limit_in_bytes", "10"}, {"memory.oom_control", "1"}, {"memory.swappiness", "60"}});
  memory.swappiness = 101;
  CHECK_THROWS_WITH(limits_v1(resources, {}), "invalid memory swappiness value: 101 (valid range is 0-100)");
}

TEST_CASE("cpu: what may not fit the old quota is tried again", "[cgroups]") {
  oci::Resources resources;
  auto& cpu = resources.cpu.emplace();
  cpu.shares = 512;
  cpu.period = 50000;
  cpu.burst = 0;
  cpu.idle = 0;
  cpu.cpus = "0-1";
  cpu.mems = "0";
  const Settings without_quota = {
      {"cpuset.cpus", "0-1"},
      {"cpuset.mems", "0"},
      {"cpu.shares", "512", IfMissing::Fail, IfInvalid::Fail, ReadBack::Yes},
      {"cpu.cfs_period_us", "50000"},
      {"cpu.cfs_burst_us", "0", IfMissing::Ignore},
      {"cpu.idle", "0"},
  };
  CHECK(limits_v1(resources, {}) == without_quota);

  resources.cpu.emplace();
  resources.cpu->quota = -1;
  resources.cpu->period = 50000;
  resources.cpu->burst = 10;
  resources.cpu->realtime_period = 1000000;
  resources.cpu->realtime_runtime = 950000;
  const Settings with_quota = {
      {"cpu.cfs_period_us", "50000", IfMissing::Fail, IfInvalid::RetryLast},
      {"cpu.cfs_burst_us", "10", IfMissing::Ignore, IfInvalid::RetryLast},
      {"cpu.cfs_quota_us", "-1"},
      {"cpu.rt_period_us", "1000000", IfMissing::Fail, IfInvalid::RetryLast},
      {"cpu.rt_runtime_us", "950000"},
  };
  CHECK(limits_v1(resources, {}) == with_quota);
}

TEST_CASE("pids", "[cgroups]") {
  oci::Resources resources;
  resources.pids = oci::PidsLimits{20};
  CHECK(limits_v1(resources, {}) == Settings{{"pids.max", "20"}});
  resources.pids = oci::PidsLimits{-1};
  CHECK(limits_v1(resources, {}) == Settings{{"pids.max", "max"}});
  resources.pids = oci::PidsLimits{0};
  CHECK(limits_v1(resources, {}) == Settings{{"pids.max", "1"}});
}

TEST_CASE("block io", "[cgroups]") {
  oci::Resources resources;
  auto& io = resources.block_io.emplace();
  io.weight = 500;
  io.leaf_weight = 300;
  io.weight_device = {{8, 0, 400, 200}, {8, 16, 100, std::nullopt}};
  io.throttle_read_bps_device = {{8, 0, 1000}};
  io.throttle_write_bps_device = {{8, 0, 2000}};
  io.throttle_read_iops_device = {{8, 0, 10}};
  io.throttle_write_iops_device = {{8, 0, 20}};
  const Settings throttles = {
      {"blkio.throttle.read_bps_device", "8:0 1000"},
      {"blkio.throttle.write_bps_device", "8:0 2000"},
      {"blkio.throttle.read_iops_device", "8:0 10"},
      {"blkio.throttle.write_iops_device", "8:0 20"},
  };
  Settings expected = {
      {"blkio.weight", "500"},
      {"blkio.leaf_weight", "300"},
      {"blkio.weight_device", "8:0 400"},
      {"blkio.leaf_weight_device", "8:0 200"},
      {"blkio.weight_device", "8:16 100"},
  };
  expected.insert(expected.end(), throttles.begin(), throttles.end());
  CHECK(limits_v1(resources, {}) == expected);

  io = oci::BlockIo{};
  io.weight = 500;
  io.weight_device = {{8, 0, 400, std::nullopt}};
  CHECK(limits_v1(resources, {.blkio_weight = false}) ==
        Settings{{"blkio.bfq.weight", "500"}, {"blkio.bfq.weight_device", "8:0 400"}});
}

TEST_CASE("huge pages, network and rdma", "[cgroups]") {
  oci::Resources resources;
  resources.hugepage_limits = {{"2MB", 4194304}};
  resources.network.emplace();
  resources.network->class_id = 1048577;
  resources.network->priorities = {{"eth0", 500}};
  resources.rdma["mlx5_1"] = {3, 10000};
  resources.rdma["mlx4_0"] = {std::nullopt, 1000};
  CHECK(limits_v1(resources, {}) == Settings{{"hugetlb.2MB.limit_in_bytes", "4194304"},
                                             {"hugetlb.2MB.rsvd.limit_in_bytes", "4194304", IfMissing::Ignore},
                                             {"net_cls.classid", "1048577"},
                                             {"net_prio.ifpriomap", "eth0 500"},
                                             {"rdma.max", "mlx4_0 hca_object=1000"},
                                             {"rdma.max", "mlx5_1 hca_handle=3 hca_object=10000"}});
}
