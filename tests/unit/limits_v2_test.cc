// runtime/cgroups/limits_v2.h.
#include "runtime/base/error.h"
#include "runtime/cgroups/limits_v2.h"
#include "tests/unit/catch.h"

using skiff::cgroups::cpu_weight;
using skiff::cgroups::IfInvalid;
using skiff::cgroups::IfMissing;
using skiff::cgroups::io_weight;
using skiff::cgroups::limits_v2;
using skiff::cgroups::Settings;
using skiff::cgroups::swap_without_memory;

namespace {

Settings of_memory(int64_t limit, int64_t swap) {
  oci::Resources resources;
  resources.memory.emplace();
  resources.memory->limit = limit;
  resources.memory->swap = swap;
  return limits_v2(resources, {});
}

Settings of_cpu(const oci::CpuLimits& cpu) {
  oci::Resources resources;
  resources.cpu = cpu;
  return limits_v2(resources, {});
}

} // namespace

TEST_CASE("cpu shares become weights", "[cgroups]") {
  CHECK(cpu_weight(0) == 0);
  CHECK(cpu_weight(1) == 1);
  CHECK(cpu_weight(2) == 1);
  CHECK(cpu_weight(1024) == 100);
  CHECK(cpu_weight(262144) == 10000);
  CHECK(cpu_weight(300000) == 10000);
  uint64_t last = 0;
  for (uint64_t shares = 2; shares <= 262144; shares += 7) {
    const uint64_t weight = cpu_weight(shares);
    REQUIRE(weight >= last);
    REQUIRE(weight <= 10000);
    last = weight;
  }
}

TEST_CASE("block io weights become io weights", "[cgroups]") {
  CHECK(io_weight(0) == 0);
  CHECK(io_weight(10) == 1);
  CHECK(io_weight(750) == 7475);
  CHECK(io_weight(1000) == 10000);
}

TEST_CASE("swap is what remains of memory+swap", "[cgroups]") {
  CHECK(swap_without_memory(0, -1) == -1);
  CHECK(swap_without_memory(-1, 100) == -1);
  CHECK(swap_without_memory(0, 100) == 0);
  CHECK(swap_without_memory(300, -1) == 300);
  CHECK(swap_without_memory(300, 100) == 200);
  CHECK_THROWS_WITH(swap_without_memory(300, 0), "unable to set swap limit without memory limit");
  CHECK_THROWS_WITH(swap_without_memory(300, -2), "invalid memory value: -2");
  CHECK_THROWS_WITH(swap_without_memory(50, 100), "memory+swap limit should be >= memory limit");
}

TEST_CASE("memory", "[cgroups]") {
  CHECK(of_memory(0, 0).empty());
  CHECK(of_memory(100, 0) == Settings{{"memory.max", "100"}});
  CHECK(of_memory(100, 300) == Settings{{"memory.swap.max", "200"}, {"memory.max", "100"}});
  CHECK(of_memory(100, 100) == Settings{{"memory.swap.max", "0", IfMissing::Ignore}, {"memory.max", "100"}});
  CHECK(of_memory(-1, 0) == Settings{{"memory.swap.max", "max", IfMissing::Ignore}, {"memory.max", "max"}});

  oci::Resources resources;
  resources.memory.emplace();
  resources.memory->reservation = -1;
  CHECK(limits_v2(resources, {}) == Settings{{"memory.low", "max"}});
}

TEST_CASE("cpu", "[cgroups]") {
  oci::CpuLimits cpu;
  cpu.quota = 50000;
  CHECK(of_cpu(cpu) == Settings{{"cpu.max", "50000 100000"}});
  cpu.period = 200000;
  cpu.burst = 10;
  CHECK(of_cpu(cpu) ==
        Settings{{"cpu.max.burst", "10", IfMissing::Fail, IfInvalid::RetryLast}, {"cpu.max", "50000 200000"}});
  cpu = {};
  cpu.quota = -1;
  CHECK(of_cpu(cpu) == Settings{{"cpu.max", "max 100000"}});
  cpu = {};
  cpu.idle = 1;
  cpu.shares = 1024;
  cpu.cpus = "0";
  cpu.mems = "0";
  CHECK(of_cpu(cpu) == Settings{{"cpu.idle", "1"}, {"cpu.weight", "100"}, {"cpuset.cpus", "0"}, {"cpuset.mems", "0"}});
}

TEST_CASE("io", "[cgroups]") {
  oci::Resources resources;
  auto& io = resources.block_io.emplace();
  io.weight = 100;
  io.weight_device = {{8, 0, 444, std::nullopt}};
  CHECK(limits_v2(resources, {}) == Settings{{"io.weight", "910"}, {"io.weight", "8:0 4384"}});
  CHECK_THROWS_WITH(limits_v2(resources, {true, false}),
                    "cannot set blockIO.weightDevice with this kernel's io.bfq.weight");
  CHECK(limits_v2(resources, {true, true}) == Settings{{"io.bfq.weight", "100"}, {"io.bfq.weight", "8:0 444\n"}});

  io = oci::BlockIo{};
  io.throttle_read_bps_device = {{8, 0, 1}};
  io.throttle_write_bps_device = {{8, 0, 2}};
  io.throttle_read_iops_device = {{8, 0, 3}};
  io.throttle_write_iops_device = {{8, 0, 4}};
  CHECK(limits_v2(resources, {}) ==
        Settings{
            {"io.max", "8:0 rbps=1"}, {"io.max", "8:0 wbps=2"}, {"io.max", "8:0 riops=3"}, {"io.max", "8:0 wiops=4"}});
}

TEST_CASE("pids, huge pages, rdma", "[cgroups]") {
  oci::Resources resources;
  resources.pids = oci::PidsLimits{0};
  resources.hugepage_limits = {{"1GB", 0}};
  resources.rdma["mlx5_1"] = {3, std::nullopt};
  CHECK(limits_v2(resources, {}) == Settings{{"pids.max", "1"},
                                             {"hugetlb.1GB.max", "0"},
                                             {"hugetlb.1GB.rsvd.max", "0", IfMissing::Ignore},
                                             {"rdma.max", "mlx5_1 hca_handle=3"}});
}

TEST_CASE("what cgroup2 has not is refused", "[cgroups]") {
  oci::Resources resources;
  resources.memory.emplace();
  resources.memory->swappiness = UINT64_MAX; // -1 of older callers
  resources.memory->disable_oom_killer = false;
  resources.network.emplace();
  CHECK(limits_v2(resources, {}).empty());
  resources.memory->swappiness = 60;
  CHECK_THROWS_WITH(limits_v2(resources, {}), "cannot set memory swappiness with cgroup v2");
  resources.memory->swappiness.reset();
  resources.network->class_id = 1;
  CHECK_THROWS_WITH(limits_v2(resources, {}), "cannot set network class or priorities with cgroup v2");
  resources.network.reset();
  resources.cpu.emplace();
  resources.cpu->realtime_period = 5;
  CHECK_THROWS_WITH(limits_v2(resources, {}), "cannot set real-time period with cgroup v2");
}
