// runtime/cgroups/{unit,bus_value,systemd_properties,bus_identity}.h.
#include <limits>

#include "runtime/base/error.h"
#include "runtime/cgroups/bus_identity.h"
#include "runtime/cgroups/bus_value.h"
#include "runtime/cgroups/systemd_properties.h"
#include "runtime/cgroups/unit.h"
#include "tests/unit/catch.h"

using skiff::Error;
using skiff::cgroups::annotation_properties;
using skiff::cgroups::BusValue;
using skiff::cgroups::cpu_bits;
using skiff::cgroups::device_properties;
using skiff::cgroups::fold;
using skiff::cgroups::in_steps_of_systemd;
using skiff::cgroups::IoWeights;
using skiff::cgroups::oom_properties;
using skiff::cgroups::outside_id;
using skiff::cgroups::parse_bus_value;
using skiff::cgroups::Properties;
using skiff::cgroups::resource_properties;
using skiff::cgroups::slice_path;
using skiff::cgroups::Systemd;
using skiff::cgroups::SystemdLayout;
using skiff::cgroups::unit_for;

namespace {

constexpr uint64_t kInfinity = std::numeric_limits<uint64_t>::max();

BusValue u64(uint64_t value) {
  return BusValue::u64(value);
}

Properties of(const oci::Resources& resources) {
  return resource_properties(resources, SystemdLayout::V2, IoWeights::Kernel);
}

Properties of_unified(const std::string& file, const std::string& value) {
  oci::Resources resources;
  resources.unified[file] = value;
  return of(resources);
}

Properties of_annotation(const std::string& name, const std::string& value) {
  return annotation_properties({{"org.systemd.property." + name, value}, {"other", "x"}});
}

Properties of_rules(const std::vector<oci::DeviceRule>& rules) {
  return device_properties(fold(rules));
}

oci::Resources with_quota(int64_t quota, std::optional<uint64_t> period) {
  oci::Resources resources;
  resources.cpu.emplace();
  resources.cpu->quota = quota;
  resources.cpu->period = period;
  return resources;
}

} // namespace

TEST_CASE("units are named after slice:prefix:name", "[cgroups]") {
  const auto unit = unit_for("machine.slice:libpod:1234", "id", Systemd::System);
  CHECK(unit.name == "libpod-1234.scope");
  CHECK(unit.slice == "machine.slice");
  CHECK(unit_for("", "id", Systemd::System).name == "skiff-id.scope");
  CHECK(unit_for("", "id", Systemd::System).slice == "system.slice");
  CHECK(unit_for("", "id", Systemd::User).slice == "user.slice");
  CHECK(unit_for(":docker:1", "id", Systemd::User).slice == "user.slice");
  CHECK_THROWS_WITH(unit_for("/a/b", "id", Systemd::System), "expected cgroupsPath to be of format "
                                                             "\"slice:prefix:name\" for systemd cgroups, got \"/a/b\" "
                                                             "instead");
  CHECK_THROWS_AS(unit_for("a:b:c:d", "id", Systemd::System), Error);
  CHECK_THROWS_WITH(unit_for("system:b:c", "id", Systemd::System), "invalid slice name: system");
}

TEST_CASE("slices are directories within each other", "[cgroups]") {
  CHECK(slice_path("system.slice") == "/system.slice");
  CHECK(slice_path("a-b-c.slice") == "/a.slice/a-b.slice/a-b-c.slice");
  CHECK(slice_path("-.slice") == "/");
  for (const auto* wrong : {".slice", "", "a", "a/b.slice", "-a.slice", "a-.slice", "a--b.slice", "--.slice"}) {
    INFO(wrong);
    CHECK_THROWS_AS(slice_path(wrong), Error);
  }
}

TEST_CASE("annotations are typed values", "[cgroups]") {
  CHECK(parse_bus_value("true") == BusValue::boolean(true));
  CHECK(parse_bus_value(" 'a\\'b' ") == BusValue::text("a'b"));
  CHECK(parse_bus_value("\"x\\u00e9\"") == BusValue::text("x\xc3\xa9"));
  CHECK(parse_bus_value("12") == BusValue{"i", int64_t{12}});
  CHECK(parse_bus_value("-0x10") == BusValue{"i", int64_t{-16}});
  CHECK(parse_bus_value("010") == BusValue{"i", int64_t{8}});
  CHECK(parse_bus_value("1.5") == BusValue{"d", 1.5});
  CHECK(parse_bus_value("uint64 18446744073709551615") == u64(kInfinity));
  CHECK(parse_bus_value("byte 7") == BusValue{"y", uint64_t{7}});
  CHECK(parse_bus_value("@t 7") == u64(7));
  CHECK(parse_bus_value("objectpath '/a'") == BusValue{"o", std::string("/a")});
  CHECK(parse_bus_value("['a', 'b']") == BusValue::array("s", {BusValue::text("a"), BusValue::text("b")}));
  CHECK(parse_bus_value("@as []") == BusValue::array("s", {}));
  CHECK(parse_bus_value("[1, uint64 2]") == BusValue::array("t", {u64(1), u64(2)}));
  CHECK(parse_bus_value("b'a\\x01'").type == "ay");
  CHECK(parse_bus_value("<'a'>") == BusValue::variant(BusValue::text("a")));
  CHECK(parse_bus_value("{'a': 1}").type == "a{si}");
  CHECK(parse_bus_value("@a{sv} {'a': <1>}").type == "a{sv}");
}

TEST_CASE("annotations that are no values are refused", "[cgroups]") {
  for (const auto* wrong :
       {"",          "'a",  "a",        "[1",       "[]",         "{",  "<1",  "uint8 1", "byte 256", "int16 40000",
        "uint64 -1", "1 2", "[1, 'a']", "string 1", "uint64 'a'", "1x", "@as", "'\\u12'", "b'\\x1",   "true1"}) {
    INFO(wrong);
    CHECK_THROWS_AS(parse_bus_value(wrong), Error);
  }
  CHECK_THROWS_AS(parse_bus_value(std::string(100, '[')), Error);
}

TEST_CASE("annotations are properties", "[cgroups]") {
  CHECK(of_annotation("CollectMode", "'inactive-or-failed'") ==
        Properties{{"CollectMode", BusValue::text("inactive-or-failed")}});
  CHECK(of_annotation("TimeoutStopUSec", "uint64 5000000") == Properties{{"TimeoutStopUSec", u64(5000000)}});
  CHECK(of_annotation("TimeoutStopSec", "uint64 5") == Properties{{"TimeoutStopUSec", u64(5000000)}});
  CHECK(of_annotation("TimeoutStopSec", "5") == Properties{{"TimeoutStopUSec", u64(5000000)}});
  CHECK(of_annotation("TimeoutStopSec", "1.5") == Properties{{"TimeoutStopUSec", u64(1500000)}});
  // Not the ending, but a word of its own.
  CHECK(of_annotation("RandomSec", "1") == Properties{{"RandomUSec", u64(1000000)}});
  CHECK(of_annotation("IPSec", "1") == Properties{{"IPSec", BusValue{"i", int64_t{1}}}});
  CHECK_THROWS_WITH(of_annotation("TimeoutStopSec", "'a'"),
                    "annotation org.systemd.property.TimeoutStopSec='a' value parse error: not a number");
  CHECK_THROWS_WITH(of_annotation("A", "1"), "annotation org.systemd.property.A name incorrect: too short");
  CHECK_THROWS_WITH(of_annotation("Ab1", "1"),
                    "annotation org.systemd.property.Ab1 name incorrect: contains non-alphabetic character");
}

TEST_CASE("resources are properties", "[cgroups]") {
  oci::Resources resources;
  resources.memory.emplace();
  resources.memory->limit = 100;
  resources.memory->reservation = 50;
  resources.memory->swap = 150;
  resources.cpu.emplace();
  resources.cpu->shares = 1024;
  resources.cpu->cpus = "0-2,9";
  resources.cpu->mems = "0";
  resources.pids.emplace();
  resources.pids->limit = 0;
  resources.block_io.emplace();
  resources.block_io->weight = 500;
  const uint8_t cpus[] = {7, 2}, mems[] = {1};
  CHECK(of(resources) == Properties{
                             {"MemoryMax", u64(100)},
                             {"MemoryLow", u64(50)},
                             {"MemorySwapMax", u64(50)},
                             {"CPUWeight", u64(100)},
                             {"AllowedCPUs", BusValue::bytes(cpus)},
                             {"AllowedMemoryNodes", BusValue::bytes(mems)},
                             {"IOWeight", u64(4950)},
                             {"TasksMax", u64(1)},
                         });
  CHECK(resource_properties(resources, SystemdLayout::V1, IoWeights::Kernel) ==
        Properties{
            {"MemoryLimit", u64(100)},
            {"CPUShares", u64(1024)},
            {"AllowedCPUs", BusValue::bytes(cpus)},
            {"AllowedMemoryNodes", BusValue::bytes(mems)},
            {"BlockIOWeight", u64(500)},
            {"TasksMax", u64(1)},
        });
  CHECK(of({}).empty());
}

TEST_CASE("unlimited is the largest number", "[cgroups]") {
  oci::Resources resources;
  resources.memory.emplace();
  resources.memory->limit = -1;
  resources.pids.emplace();
  resources.pids->limit = -1;
  CHECK(of(resources) == Properties{
                             {"MemoryMax", u64(kInfinity)},
                             {"MemorySwapMax", u64(kInfinity)},
                             {"TasksMax", u64(kInfinity)},
                         });
}

TEST_CASE("no swap at all is a limit of zero", "[cgroups]") {
  oci::Resources resources;
  resources.memory.emplace();
  resources.memory->limit = 100;
  resources.memory->swap = 100;
  CHECK(of(resources) == Properties{{"MemoryMax", u64(100)}, {"MemorySwapMax", u64(0)}});
}

TEST_CASE("the weight of BFQ comes out as it went in", "[cgroups]") {
  for (uint16_t weight : {uint16_t{1}, uint16_t{50}, uint16_t{100}, uint16_t{500}, uint16_t{1000}}) {
    oci::Resources resources;
    resources.block_io.emplace();
    resources.block_io->weight = weight;
    const auto properties = resource_properties(resources, SystemdLayout::V2, IoWeights::Bfq);
    const auto set = std::get<uint64_t>(properties.at(0).value.content);
    const uint64_t bfq = set <= 100 ? set : 100 + (set - 100) * 900 / 9900; // as systemd converts it
    CHECK(bfq == weight);
  }
}

TEST_CASE("CPU time is in percent", "[cgroups]") {
  CHECK(of(with_quota(20000, 50000)) ==
        Properties{{"CPUQuotaPeriodUSec", u64(50000)}, {"CPUQuotaPerSecUSec", u64(400000)}});
  CHECK(of(with_quota(-1, 50000)) ==
        Properties{{"CPUQuotaPeriodUSec", u64(50000)}, {"CPUQuotaPerSecUSec", u64(kInfinity)}});
  CHECK(of(with_quota(10000, {})) == Properties{{"CPUQuotaPerSecUSec", u64(100000)}});
  // 33.3 % is 34 %, also for the kernel.
  CHECK(of(with_quota(33300, 100000)) ==
        Properties{{"CPUQuotaPeriodUSec", u64(100000)}, {"CPUQuotaPerSecUSec", u64(340000)}});
  CHECK(in_steps_of_systemd(with_quota(33300, 100000)).cpu->quota == 34000);
  CHECK(in_steps_of_systemd(with_quota(33000, 100000)).cpu->quota == 33000);
  CHECK(in_steps_of_systemd(with_quota(-1, 100000)).cpu->quota == -1);
  CHECK(in_steps_of_systemd(with_quota(std::numeric_limits<int64_t>::max(), 1)).cpu->quota ==
        std::numeric_limits<int64_t>::max());
}

TEST_CASE("unified files are properties where systemd has one", "[cgroups]") {
  CHECK(of_unified("memory.high", "100\n") == Properties{{"MemoryHigh", u64(100)}});
  CHECK(of_unified("memory.max", "max") == Properties{{"MemoryMax", u64(kInfinity)}});
  CHECK(of_unified("pids.max", "0") == Properties{{"TasksMax", u64(1)}});
  CHECK(of_unified("cpu.weight", "50") == Properties{{"CPUWeight", u64(50)}});
  CHECK(of_unified("cpu.idle", "1") == Properties{{"CPUWeight", u64(0)}});
  CHECK(of_unified("cpu.idle", "0").empty());
  CHECK(of_unified("cpu.max", "max 20000") ==
        Properties{{"CPUQuotaPeriodUSec", u64(20000)}, {"CPUQuotaPerSecUSec", u64(kInfinity)}});
  CHECK(of_unified("cpu.max", "5000") ==
        Properties{{"CPUQuotaPeriodUSec", u64(100000)}, {"CPUQuotaPerSecUSec", u64(50000)}});
  CHECK(of_unified("io.weight", "default 200\n8:0 300") == Properties{{"IOWeight", u64(200)}});
  CHECK(of_unified("hugetlb.2MB.max", "1").empty());
  CHECK_THROWS_AS(of_unified("memory.max", "much"), Error);
  CHECK_THROWS_AS(of_unified("cpu.max", "a b"), Error);
  CHECK(oom_properties({{"memory.oom.group", "1"}}) == Properties{{"OOMPolicy", BusValue::text("kill")}});
  CHECK(oom_properties({{"memory.oom.group", "0"}}) == Properties{{"OOMPolicy", BusValue::text("continue")}});
  CHECK(oom_properties({}).empty());
}

TEST_CASE("lists of CPUs are bits", "[cgroups]") {
  CHECK(cpu_bits("0") == std::vector<uint8_t>{1});
  CHECK(cpu_bits(" 0-7 , 8,,15") == std::vector<uint8_t>{255, 129});
  for (const auto* wrong : {"", ",", "a", "3-1", "1-", "-1", "99999999"}) {
    INFO(wrong);
    CHECK_THROWS_AS(cpu_bits(wrong), Error);
  }
}

TEST_CASE("device rules are properties where systemd can say them", "[cgroups]") {
  const BusValue nothing = BusValue::array("(ss)", {});
  const auto entry = [](std::string_view path, std::string_view access) {
    return BusValue::structure({BusValue::text(path), BusValue::text(access)});
  };
  const oci::DeviceRule none{false, "a", {}, {}, "rwm"};
  CHECK(of_rules({none, {true, "c", 1, 3, "rwm"}, {true, "b", 8, {}, "r"}, {true, "c", {}, {}, "m"}}) ==
        Properties{{"DeviceAllow", nothing},
                   {"DevicePolicy", BusValue::text("strict")},
                   {"DeviceAllow", BusValue::array("(ss)", {entry("/dev/char/1:3", "rwm"), entry("block-8", "r"),
                                                            entry("char-*", "m")})}});
  const Properties no_filter = {{"DeviceAllow", nothing}, {"DevicePolicy", BusValue::text("auto")}};
  CHECK(of_rules({{true, "a", {}, {}, "rwm"}}) == no_filter);
  CHECK(of_rules({{true, "a", {}, {}, "rwm"}, {false, "c", 1, 3, "w"}}) == no_filter);
  CHECK(of_rules({none, {true, "c", {}, 3, "rwm"}}) == no_filter);
}

TEST_CASE("an id is found in the parent's numbers", "[cgroups]") {
  CHECK(outside_id(0, "         0       1000          1\n         1     100000      65536\n") == 1000);
  CHECK(outside_id(5, "0 1000 1\n1 100000 65536\n") == 100004);
  CHECK(outside_id(0, "0 0 4294967295\n") == 0);
  CHECK(outside_id(7, "0 1000 1\n") == 7);
  CHECK(outside_id(7, "") == 7);
}
