// What a container may use, and what it does with it: the freezer, limits, processes.
#include "runtime/base/error.h"
#include "runtime/base/messages.h"
#include "runtime/container/container.h"

namespace skiff {

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

std::vector<int> Container::processes() const {
  const cgroups::Place& place = record_.cgroup;
  const bool without_cgroup = place.unified.empty() && place.legacy.empty();
  if (without_cgroup && status() != oci::Status::stopped) {
    throw Error("unable to get all container pids: the container has no cgroup");
  }
  return cgroups::open(place)->processes();
}

} // namespace skiff
