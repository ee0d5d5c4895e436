// runtime/cgroups/stats_text.h, and the JSON of runtime/cli/stats_json.h.
#include <limits>

#include "oci-spec/json/parse.h"
#include "runtime/base/error.h"
#include "runtime/cgroups/stats_text.h"
#include "runtime/cli/stats_json.h"
#include "tests/unit/catch.h"

namespace cgroups = skiff::cgroups;
using cgroups::BlockEntries;

TEST_CASE("counts", "[stats]") {
  CHECK(cgroups::parse_count("5") == 5);
  CHECK(cgroups::parse_count(" 18446744073709551615\n") == std::numeric_limits<uint64_t>::max());
  CHECK(cgroups::parse_count("max") == std::numeric_limits<uint64_t>::max());
  CHECK(cgroups::parse_count("-3") == 0);
  CHECK_THROWS_AS(cgroups::parse_count("five"), skiff::Error);
  CHECK_THROWS_AS(cgroups::parse_count(""), skiff::Error);
}

TEST_CASE("flat keyed files", "[stats]") {
  const auto all = cgroups::parse_flat_keyed("cache 1\nrss 22\n");
  CHECK(all == std::map<std::string, uint64_t>{{"cache", 1}, {"rss", 22}});
  CHECK(cgroups::parse_flat_keyed("").empty());
  CHECK_THROWS_AS(cgroups::parse_flat_keyed("cache\n"), skiff::Error);
}

TEST_CASE("lists of cpus", "[stats]") {
  CHECK(cgroups::parse_number_list("0-2,7") == std::vector<uint16_t>{0, 1, 2, 7});
  CHECK(cgroups::parse_number_list("3") == std::vector<uint16_t>{3});
  CHECK(cgroups::parse_number_list("").empty());
  CHECK(cgroups::parse_number_list("65534-65535").size() == 2);
  CHECK_THROWS_AS(cgroups::parse_number_list("2-0"), skiff::Error);
  CHECK_THROWS_AS(cgroups::parse_number_list("1,"), skiff::Error);
}

TEST_CASE("blkio files", "[stats]") {
  CHECK(cgroups::parse_blkio("8:0 Read 12\n8:0 Total 12\nTotal 12\n") ==
        BlockEntries{{8, 0, "Read", 12}, {8, 0, "Total", 12}});
  CHECK(cgroups::parse_blkio("8:16 6792\n") == BlockEntries{{8, 16, "", 6792}});
  CHECK(cgroups::parse_blkio("").empty());
  CHECK_THROWS_AS(cgroups::parse_blkio("8 Read 12\n"), skiff::Error);
}

TEST_CASE("io.stat", "[stats]") {
  const auto io =
      cgroups::parse_io_stat("8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6\n(unknown)\n9:1 rbytes=7\n");
  CHECK(io.service_bytes == BlockEntries{{8, 0, "Read", 1}, {8, 0, "Write", 2}, {9, 1, "Read", 7}});
  CHECK(io.serviced == BlockEntries{{8, 0, "Read", 3}, {8, 0, "Write", 4}});
}

TEST_CASE("pressure", "[stats]") {
  const auto pressure = cgroups::parse_pressure("some avg10=0.00 avg60=1.50 avg300=12.34 total=99\n"
                                                "full avg10=0.00 avg60=0.00 avg300=0.07 total=5\n");
  CHECK(pressure.some == cgroups::PressureLine{0, 150, 1234, 99});
  CHECK(pressure.full == cgroups::PressureLine{0, 0, 7, 5});
  CHECK_THROWS_AS(cgroups::parse_pressure("some avg10\n"), skiff::Error);
}

TEST_CASE("page sizes", "[stats]") {
  CHECK(cgroups::page_size_of("hugepages-2048kB") == "2MB");
  CHECK(cgroups::page_size_of("hugepages-1048576kB") == "1GB");
  CHECK(cgroups::page_size_of("hugepages-64kB") == "64KB");
  CHECK(cgroups::page_size_of("hugepages-64MB").empty());
  CHECK(cgroups::page_size_of("other").empty());
}

TEST_CASE("an empty statistic has the keys that Go never leaves out", "[stats]") {
  CHECK(skiff::cli::stats_event("x", {}, {}) ==
        R"({"type":"stats","id":"x","data":{"cpu":{},"cpuset":{"cpu_exclusive":0,"mem_hardwall":0,"mem_exclusive":0,)"
        R"("memory_migrate":0,"memory_spread_page":0,"memory_spread_slab":0,"memory_pressure":0,)"
        R"("sched_load_balance":0,"sched_relax_domain_level":0},"memory":{},"pids":{},"blkio":{},"hugetlb":{},)"
        R"("intel_rdt":{},"network_interfaces":null}})");
  CHECK(skiff::cli::oom_event("x") == R"({"type":"oom","id":"x"})");
}

TEST_CASE("a full statistic", "[stats]") {
  cgroups::Stats stats;
  stats.cpu.total = 3;
  stats.cpu.user = 1;
  stats.cpu.per_cpu = {4, 0};
  stats.cpu.periods = 9;
  stats.cpu.pressure = cgroups::Pressure{{150, 7, 110, 5}, {}};
  stats.cpuset.cpus = {0, 1};
  stats.memory.usage = {10, 5, 0, 0};
  stats.memory.raw = {{"b", 2}, {"a", 0}};
  stats.pids = {3, 20};
  stats.block.service_bytes = {{8, 0, "Read", 0}};
  stats.hugetlb["2MB"] = {};
  const std::string text = skiff::cli::stats_event("x", stats, {});
  for (const std::string_view part :
       {R"("cpu":{"usage":{"total":3,"percpu":[4,0],"kernel":0,"user":1},"throttling":{"periods":9},)"
        R"("psi":{"some":{"avg10":1.5,"avg60":0.07,"avg300":1.1,"total":5}}})",
        R"("cpuset":{"cpus":[0,1],"cpu_exclusive":0,)",
        R"("memory":{"usage":{"limit":10,"usage":5,"failcnt":0},"raw":{"a":0,"b":2}})",
        R"("pids":{"current":3,"limit":20})", R"("ioServiceBytesRecursive":[{"major":8,"op":"Read"}])",
        R"("hugetlb":{"2MB":{"failcnt":0}})"}) {
    INFO(part);
    CHECK(text.find(part) != std::string::npos);
  }
  CHECK_NOTHROW(oci::json::parse(text, "stats"));
}

TEST_CASE("statistics of resctrl", "[stats]") {
  skiff::resctrl::Stats rdt;
  rdt.schemata = {"MB:0=20"};
  rdt.bandwidth.emplace();
  rdt.bandwidth->info.granularity = 10;
  rdt.bandwidth->schema = "MB:0=20";
  rdt.bandwidth_use = {{5, 0}};
  rdt.cache_use.emplace();
  const std::string text = skiff::cli::stats_event("x", {}, rdt);
  const std::string_view part = R"("intel_rdt":{"mem_bw_info":{"bandwidth_gran":10},"mem_bw_schema":"MB:0=20",)"
                                R"("schemata":["MB:0=20"],"mbm_stats":[{"mbm_total_bytes":5,"mbm_local_bytes":0}],)"
                                R"("cmt_stats":null},"network_interfaces")";
  CHECK(text.find(part) != std::string::npos);
}
