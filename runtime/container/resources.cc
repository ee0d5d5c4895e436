// What a container may use, and what it does with it: the freezer, limits, processes.
#include "oci-spec/spec.h"
#include "runtime/base/error.h"
#include "runtime/base/messages.h"
#include "runtime/cgroups/device_filter.h"
#include "runtime/cgroups/merge.h"
#include "runtime/container/container.h"
#include "runtime/container/names.h"
#include "runtime/resctrl/resctrl.h"
#include "runtime/sys/file.h"

namespace skiff {

namespace {

oci::Linux configured(sys::FdRef state_dir) {
  const std::string text = sys::try_read_file(state_dir, names::kConfig).or_throw("read the configuration");
  return oci::parse_spec(text, names::kConfig).linux_.value_or(oci::Linux());
}

// Only where something changes: another program may have given the container a device behind our back, and an engine
// that repeats the rules does not mean to take it away.
void update_devices(cgroups::Manager& cgroup, const oci::Resources& before, const oci::Resources& after) {
  if (cgroups::container_policy(before.devices) == cgroups::container_policy(after.devices)) return;
  cgroup.update_devices(before.devices, after.devices);
}

} // namespace

void Container::pause() {
  dir_.lock();
  const oci::Status now = status();
  if (now != oci::Status::running && now != oci::Status::created) throw Error(std::string(messages::kNotRunning));
  cgroups::open(record_.cgroup)->freeze(true);
}

void Container::resume() {
  dir_.lock();
  if (status() != oci::Status::paused) throw Error(std::string(messages::kNotPaused));
  cgroups::open(record_.cgroup)->freeze(false);
}

void Container::update(const Update& update) {
  dir_.lock();
  record_ = read_record(dir_.fd()); // another update may have come first
  if (status() == oci::Status::stopped) throw Error(std::string(messages::kNotRunning));
  const oci::Linux config = configured(dir_.fd());
  const oci::Resources before = record_.resources ? *record_.resources : config.resources.value_or(oci::Resources());
  const oci::Resources after = cgroups::merge(before, update.resources);

  const std::string schemata = resctrl::update(record_.resctrl, {update.l3_cache_schema, update.mem_bw_schema});
  const auto cgroup = cgroups::open(record_.cgroup);
  try {
    update_devices(*cgroup, before, after);
    try {
      cgroup->update(cgroups::completed(update.resources, after));
    } catch (const Error&) {
      update_devices(*cgroup, after, before);
      throw;
    }
  } catch (const Error&) {
    resctrl::restore(record_.resctrl, schemata);
    throw;
  }
  record_.resources = after;
  write_record(dir_.fd(), record_);
}

std::vector<int> Container::processes() const {
  const cgroups::Place& place = record_.cgroup;
  if (place.empty() && status() != oci::Status::stopped) {
    throw Error("unable to get all container pids: the container has no cgroup");
  }
  return cgroups::open(place)->processes();
}

} // namespace skiff
