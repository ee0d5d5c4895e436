// undoing_writes() of runtime/cgroups/rollback.h, and device_changes() of runtime/cgroups/device_filter.h.
#include "runtime/cgroups/device_filter.h"
#include "runtime/cgroups/rollback.h"
#include "tests/unit/catch.h"

using skiff::cgroups::device_changes;
using skiff::cgroups::device_lines;
using skiff::cgroups::DevicePolicy;
using skiff::cgroups::fold;
using skiff::cgroups::Settings;
using skiff::cgroups::undoing_writes;
using Texts = std::vector<std::string>;

namespace {

DevicePolicy policy(bool all, const std::vector<oci::DeviceRule>& rules) {
  std::vector<oci::DeviceRule> whole = {{all, "a", {}, {}, "rwm"}};
  whole.insert(whole.end(), rules.begin(), rules.end());
  return fold(whole);
}

} // namespace

TEST_CASE("a value is undone by what was there", "[cgroups]") {
  CHECK(undoing_writes("memory.max", "5", "max") == Texts{"max"});
  CHECK(undoing_writes("cpu.max", "5000 10000", "max 100000") == Texts{"max 100000"});
  CHECK(undoing_writes("io.weight", "50", "default 100\n8:0 20") == Texts{"default 100"});
  CHECK(undoing_writes("cpuset.cpus", "1", "") == Texts{"\n"});
  CHECK(undoing_writes("memory.oom_control", "1", "oom_kill_disable 0\nunder_oom 0").empty());
}

TEST_CASE("a line for a device is undone by its old line or by none", "[cgroups]") {
  const std::string_view before = "8:0 rbps=5 wbps=max riops=max wiops=max\n8:16 rbps=1 wbps=1 riops=1 wiops=1";
  CHECK(undoing_writes("io.max", "8:0 rbps=9", before) == Texts{"8:0 rbps=5 wbps=max riops=max wiops=max"});
  CHECK(undoing_writes("io.max", "9:0 rbps=9\n8:16 wbps=2", before) ==
        Texts{"9:0 rbps=max wbps=max riops=max wiops=max", "8:16 rbps=1 wbps=1 riops=1 wiops=1"});
  CHECK(undoing_writes("blkio.throttle.read_bps_device", "8:0 9", "8:0 5") == Texts{"8:0 5"});
  CHECK(undoing_writes("blkio.throttle.read_bps_device", "8:0 9", "") == Texts{"8:0 0"});
  CHECK(undoing_writes("net_prio.ifpriomap", "lo 3", "lo 0\neth0 1") == Texts{"lo 0"});
}

TEST_CASE("device changes are the fewest lines", "[cgroups]") {
  const oci::DeviceRule null{true, "c", 1, 3, "rwm"};
  const oci::DeviceRule fuse{true, "c", 10, 229, "rw"};
  const oci::DeviceRule fuse_read{true, "c", 10, 229, "r"};
  const auto with_fuse = policy(false, {null, fuse});
  const auto without = policy(false, {null});
  CHECK(device_changes(with_fuse, with_fuse).empty());
  CHECK(device_changes(without, with_fuse) == Settings{{"devices.allow", "c 10:229 rw"}});
  CHECK(device_changes(with_fuse, without) == Settings{{"devices.deny", "c 10:229 rw"}});
  CHECK(device_changes(with_fuse, policy(false, {null, fuse_read})) == Settings{{"devices.deny", "c 10:229 w"}});
  CHECK(device_changes(policy(false, {null, fuse_read}), with_fuse) == Settings{{"devices.allow", "c 10:229 w"}});
}

TEST_CASE("device changes of what is denied by name", "[cgroups]") {
  const oci::DeviceRule no_disk{false, "b", 8, 0, "rw"};
  const auto all = policy(true, {});
  const auto all_but_disk = policy(true, {no_disk});
  CHECK(device_changes(all, all_but_disk) == Settings{{"devices.deny", "b 8:0 rw"}});
  CHECK(device_changes(all_but_disk, all) == Settings{{"devices.allow", "b 8:0 rw"}});
  CHECK(device_changes(all, policy(false, {})) == device_lines(policy(false, {})));
}
