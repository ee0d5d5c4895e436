// Making the cgroup of a new container, and the choice of the manager.
#include "runtime/cgroups/cgroups.h"

#include <algorithm>
#include <cerrno>

#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/cgroups/cgroup.h"
#include "runtime/cgroups/device_filter.h"
#include "runtime/cgroups/divide.h"
#include "runtime/cgroups/layout.h"
#include "runtime/cgroups/paths.h"
#include "runtime/cgroups/systemd.h"
#include "runtime/cgroups/v1.h"
#include "runtime/cgroups/v2.h"
#include "runtime/cgroups/write_settings.h"
#include "runtime/sys/file.h"

namespace skiff::cgroups {

namespace {

bool is_permission(const Error& error) {
  return error.code() == EPERM || error.code() == EACCES || error.code() == EROFS;
}

// A cgroup to be made: `create`.
class NewCgroup final : public Cgroup {
public:
  // `unit` is there when systemd is to make the cgroup.
  NewCgroup(Request request, Layout layout, Place place, std::optional<Unit> unit)
      : Cgroup(std::move(place)), request_(std::move(request)), layout_(std::move(layout)), unit_(std::move(unit)),
        parts_(divide(request_.resources, layout_)) {
    devices_ = container_policy(request_.resources.devices);
    check_mounts();
  }

  void prepare() override;
  void join(int pid, Born born) override;
  std::vector<View> views() const override { return views_of(layout_); }

private:
  void check_mounts() const;
  void make_scope();
  void make_legacy(NewDirectories& all);
  void make_unified(NewDirectories& all);
  void refuse_occupied(const NewDirectories& made) const;
  void write_devices(const NewDirectories& made);
  void attach_filter();

  // Rootless containers that ask for no place of their own do without cgroups that they may not make.
  bool may_do_without() const { return request_.rootless && request_.cgroups_path.empty(); }

  Request request_;
  Layout layout_;
  std::optional<Unit> unit_;
  Parts parts_;
  DevicePolicy devices_;
  std::optional<NewScope> scope_;  // from prepare() to join()
  oci::Resources later_;           // limits that leave no place for a second process
  std::optional<Programs> filter_; // what the cgroup may have already; a device filter is to come in join()
};

void NewCgroup::check_mounts() const {
  if (request_.rootless && !layout_.none()) return;
  if (!layout_.unified_mount.empty() || layout_.hierarchy_of("devices") != nullptr) return;
  if (!layout_.none()) throw Error("mountpoint for devices not found");
  const bool limited = !limits_v2(parts_.unified, {}).empty() || !parts_.unified.unified.empty();
  const bool devices_limited = !request_.rootless && !devices_.allows_all();
  if (limited || devices_limited || !request_.cgroups_path.empty()) throw Error("no cgroup mount found in mountinfo");
}

// What the first process alone may have, as long as another holds its place.
oci::Resources take_narrow_limits(oci::Resources& resources) {
  constexpr int64_t room = 2;
  oci::Resources out;
  if (resources.pids && resources.pids->limit && *resources.pids->limit >= 0 && *resources.pids->limit < room) {
    out.pids.swap(resources.pids);
  }
  const auto unified = resources.unified.find("pids.max");
  if (unified != resources.unified.end() && parse_number<int64_t>(trim(unified->second)).value_or(room) < room) {
    out.unified.insert(resources.unified.extract(unified));
  }
  return out;
}

void NewCgroup::make_scope() {
  const Systemd systemd = systemd_of(place_);
  const auto layout = layout_.legacy.empty() ? SystemdLayout::V2 : SystemdLayout::V1;
  oci::Resources& resources = request_.resources;
  later_ = take_narrow_limits(resources);
  const std::string slice = cat(layout_.unified_mount, slice_path(unit_->slice));
  const bool bfq = sys::exists(cat(slice, "/io.bfq.weight"));
  Properties properties = annotation_properties(request_.annotations);
  const auto add = [&](const Properties& more) { properties.insert(properties.end(), more.begin(), more.end()); };
  if (systemd == Systemd::System) add(device_properties(devices_)); // a user's cannot keep to them
  add(resource_properties(resources, layout, bfq ? IoWeights::Bfq : IoWeights::Kernel));
  scope_.emplace(*unit_, systemd, request_.id, layout, properties, resources.unified);
  const std::string path = scope_->path_in_unified();
  if (!path.empty() && !layout_.unified_mount.empty())
    place_.unified = cgroups::join(layout_.unified_mount + path, *request_.subgroup);
  parts_ = divide(in_steps_of_systemd(resources), layout_);
}

void NewCgroup::make_legacy(NewDirectories& all) {
  for (const auto& hierarchy : layout_.legacy) {
    NewDirectories mine;
    try {
      (void)v1::create(mine, hierarchy, place_.legacy.at(hierarchy.name), parts_.legacy);
    } catch (const Error& error) {
      const bool needless = hierarchy.name == "name=systemd" || hierarchy.name == "misc";
      if (!needless && !(may_do_without() && is_permission(error))) throw;
      place_.legacy.erase(hierarchy.name); // a limit that needs it fails in write_limits()
      continue;
    }
    all.take(mine);
  }
}

void NewCgroup::make_unified(NewDirectories& all) {
  if (place_.unified.empty()) return;
  const auto needs = wanted_for(parts_, layout_);
  NewDirectories mine;
  try {
    // A scope with a process in it could hand no controllers down.
    if (scope_ && !request_.subgroup->empty()) {
      (void)mine.make_below(layout_.unified_mount, place_.unified);
      scope_->move_placeholder(place_.unified);
    }
    (void)v2::create(mine, layout_.unified_mount, place_.unified, needs);
  } catch (Error& error) {
    if (!is_permission(error)) throw;
    if (!needs.required.empty() || !parts_.unified.unified.empty()) {
      if (!may_do_without()) throw;
      throw error.within("rootless needs no limits + no cgrouppath when no permission is granted for cgroups");
    }
    // On hybrid hosts the directory is a convenience, unless it has to hold the device filter.
    const bool convenience = layout_.hierarchy_of("devices") != nullptr;
    if (!convenience && !may_do_without()) throw;
    place_.unified.clear();
    return;
  }
  all.take(mine);
}

// A container in a cgroup with strangers would be limited with them and kill them in the end.
void NewCgroup::refuse_occupied(const NewDirectories& made) const {
  for (const auto& directory : directories()) {
    if (made.made(directory)) continue;
    const auto count = processes_below(directory).size();
    if (count > 0) throw Error(cat("container's cgroup is not empty: ", count, " process(es) found"));
  }
  const auto* freezer = legacy_directory(place_, "freezer");
  const std::string freezing = freezer != nullptr ? *freezer : place_.unified;
  if (freezing.empty() || made.made(freezing)) return;
  if (frozen()) throw Error("container's cgroup unexpectedly frozen");
}

void NewCgroup::write_devices(const NewDirectories& made) {
  try {
    if (const auto* directory = legacy_directory(place_, "devices")) {
      write_settings(
          device_lines(devices_), [&](std::string_view) { return directory; }, nullptr);
    } else if (layout_.hierarchy_of("devices") == nullptr && !place_.unified.empty()) {
      filter_ = made.made(place_.unified) ? Programs::None : Programs::Perhaps;
    }
  } catch (const Error& error) {
    if (!request_.rootless || !is_permission(error)) throw;
  }
}

void NewCgroup::attach_filter() {
  if (!filter_) return;
  try {
    filter_devices(layout_, devices_, *filter_);
  } catch (const Error& error) {
    // An unprivileged runtime can neither load programs nor make device nodes, so nothing is lost.
    if (!request_.rootless || !is_permission(error)) throw;
  }
  filter_.reset();
}

void NewCgroup::prepare() {
  NewDirectories made;
  in([] { return std::string("unable to apply cgroup configuration"); },
     [&] {
       if (unit_) make_scope();
       make_legacy(made);
       make_unified(made);
     });
  if (!scope_) refuse_occupied(made); // a scope is new
  write_devices(made);
  write_limits(parts_, nullptr);
  made.keep();
}

void NewCgroup::join(int pid, Born born) {
  Cgroup::join(pid, born);
  attach_filter(); // the kernel checks the program, which takes a while, as init works
  if (!scope_) return;
  scope_->hand_over();
  scope_.reset();
  if (later_.pids || !later_.unified.empty()) update(later_);
}

} // namespace

std::unique_ptr<Manager> plan(Request request) {
  if (request.driver == Driver::Systemd) require_systemd();
  Layout layout = detect_layout(own_cgroup_for(request));
  if (request.driver == Driver::Cgroupfs) {
    Place place = place_for(layout, request);
    return std::make_unique<NewCgroup>(std::move(request), std::move(layout), std::move(place), std::nullopt);
  }
  const Systemd systemd = request.rootless ? Systemd::User : Systemd::System;
  if (request.rootless && !layout.legacy.empty()) {
    throw Error("cannot use rootless systemd cgroups manager on cgroup v1");
  }
  Unit unit = unit_for(request.cgroups_path, request.id, systemd);
  if (!request.subgroup) request.subgroup = layout.legacy.empty() ? request.unified_subgroup : std::string();
  Place place = place_for_unit(layout, unit, *request.subgroup, systemd);
  return std::make_unique<NewCgroup>(std::move(request), std::move(layout), std::move(place), std::move(unit));
}

std::unique_ptr<Manager> open(const Place& place) {
  return std::make_unique<Cgroup>(place);
}

} // namespace skiff::cgroups
