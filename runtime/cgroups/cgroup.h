// The manager of a cgroup that exists: the v1 hierarchies and the cgroup2 directory together. Internal to this folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/cgroups/cgroups.h"
#include "runtime/cgroups/device_filter.h"
#include "runtime/cgroups/divide.h"
#include "runtime/cgroups/layout.h"
#include "runtime/cgroups/rollback.h"
#include "runtime/cgroups/v2.h"

namespace skiff::cgroups {

// The directory of the place that has the v1 controller; null if none.
const std::string* legacy_directory(const Place& place, std::string_view controller);

// What cgroup2 has to offer for these limits.
v2::Wanted wanted_for(const Parts& parts, const Layout& layout);

// What commands after `create` need.
class Cgroup : public Manager {
public:
  explicit Cgroup(Place place) : place_(std::move(place)) {}

  void prepare() override {} // it is there
  std::optional<sys::FdRef> birth_place() const override;
  void join(int pid, Born born) override;
  void update(const oci::Resources& resources) override;
  void update_devices(std::span<const oci::DeviceRule> before, std::span<const oci::DeviceRule> after) override;
  Place place() const override { return place_; }
  std::vector<View> views() const override { return views_of(detect_layout(OwnCgroup::NotNeeded)); }
  bool frozen() const override;
  void freeze(bool on) override;
  void let_die() override;
  std::vector<int> processes() const override;
  void signal_all(int signal) override;
  void remove() override;

protected:
  // `rollback` may be null.
  void write_limits(const Parts& parts, Rollback* rollback) const;
  // Puts a device program on the cgroup2 directory, in the place of any that `programs` says there may be. Throws
  // Error, too, where others than the container would be bound by it.
  void filter_devices(const Layout& layout, const DevicePolicy& policy, Programs programs) const;
  std::vector<View> views_of(const Layout& layout) const;
  // The directory whose processes are the container's; empty if there is none.
  std::string main_directory() const;
  std::vector<std::string> directories() const;

  Place place_;

private:
  // Whether we may move processes into a user's scope, which is beside us in the tree: cgroups(7), "Delegation".
  bool in_reach() const;
  bool populated() const;
  enum class Swept { All, Perhaps };
  Swept kill_pass();
  void wait_until_empty(int milliseconds) const;

  mutable sys::DirFd birth_place_; // opened by the first who asks
};

} // namespace skiff::cgroups
