// The manager of a container's cgroup: the v1 hierarchies and the cgroup2 directory together.
#include "runtime/cgroups/cgroups.h"

#include <csignal>
#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "runtime/base/error.h"
#include "runtime/base/messages.h"
#include "runtime/base/text.h"
#include "runtime/cgroups/device_filter.h"
#include "runtime/cgroups/divide.h"
#include "runtime/cgroups/layout.h"
#include "runtime/cgroups/paths.h"
#include "runtime/cgroups/v1.h"
#include "runtime/cgroups/v2.h"
#include "runtime/cgroups/write_settings.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"
#include "runtime/sys/watch.h"

namespace skiff::cgroups {

namespace {

bool is_permission(const Error& error) {
  return error.code() == EPERM || error.code() == EACCES || error.code() == EROFS;
}

bool has_controller(std::string_view hierarchy, std::string_view controller) {
  const auto names = split(hierarchy, ',');
  return std::find(names.begin(), names.end(), controller) != names.end();
}

// The directory of the place that has the v1 controller; null if none.
const std::string* legacy_directory(const Place& place, std::string_view controller) {
  for (const auto& [name, directory] : place.legacy) {
    if (has_controller(name, controller)) return &directory;
  }
  return nullptr;
}

std::string or_empty(const std::string* text) {
  return text == nullptr ? std::string() : *text;
}

// A cgroup that exists: what later commands need.
class Cgroup : public Manager {
public:
  explicit Cgroup(Place place) : place_(std::move(place)) {}

  void prepare() override {} // it is there
  std::optional<sys::FdRef> birth_place() const override;
  void join(int pid) override;
  Place place() const override { return place_; }
  std::vector<View> views() const override { return views_of(detect_layout(OwnCgroup::NotNeeded)); }
  bool frozen() const override;
  void freeze(bool on) override;
  std::vector<int> processes() const override;
  void signal_all(int signal) override;
  void remove() override;

protected:
  std::vector<View> views_of(const Layout& layout) const;
  // The directory whose processes are the container's; empty if there is none.
  std::string main_directory() const;
  std::vector<std::string> directories() const;

  Place place_;

private:
  bool populated() const;
  enum class Swept { All, Perhaps };
  Swept kill_pass();
  void wait_until_empty(int milliseconds) const;

  mutable sys::DirFd birth_place_; // opened by the first who asks
};

std::string Cgroup::main_directory() const {
  if (!place_.unified.empty()) return place_.unified;
  for (const std::string_view controller : {"devices", "freezer", "pids"}) {
    if (const auto* directory = legacy_directory(place_, controller)) return *directory;
  }
  return place_.legacy.empty() ? std::string() : place_.legacy.begin()->second;
}

std::vector<std::string> Cgroup::directories() const {
  std::vector<std::string> out;
  for (const auto& [name, directory] : place_.legacy) out.push_back(directory);
  if (!place_.unified.empty()) out.push_back(place_.unified);
  return out;
}

std::optional<sys::FdRef> Cgroup::birth_place() const {
  if (place_.unified.empty()) return std::nullopt;
  if (!birth_place_) birth_place_ = sys::open_dir(place_.unified);
  return sys::FdRef(birth_place_);
}

// D9: the first write waits for a grace period of the kernel (about 10 ms); those that follow at once ride on it. So
// nothing may come between them, not even open(2).
void Cgroup::join(int pid) {
  std::vector<std::pair<std::string, sys::Fd>> files;
  for (const auto& [name, directory] : place_.legacy) {
    std::string path = cat(directory, "/cgroup.procs");
    auto fd = in([&] { return cat("failed to write ", pid); }, [&] { return sys::open(path, O_WRONLY); });
    files.emplace_back(std::move(path), std::move(fd));
  }
  const std::string text = cat(pid);
  for (const auto& file : files) {
    sys::try_write_all(file.second, text).or_throw([&] {
      return cat("failed to write ", pid, ": write ", file.first);
    });
  }
}

std::vector<View> Cgroup::views_of(const Layout& layout) const {
  std::vector<View> out;
  for (const auto& hierarchy : layout.legacy) {
    const auto at = place_.legacy.find(hierarchy.name);
    if (at == place_.legacy.end()) continue;
    const auto& mount_point = hierarchy.mount_point;
    View view{mount_point.substr(mount_point.rfind('/') + 1), at->second, mount_point, false, {}};
    if (view.name.find(',') != std::string::npos) view.symlinks = hierarchy.controllers;
    out.push_back(std::move(view));
  }
  // On hybrid hosts the cgroup2 directory is the runtime's own tool, and containers do not see it (as with runc).
  if (layout.legacy.empty() && !place_.unified.empty()) {
    out.push_back({"", place_.unified, layout.unified_mount, true, {}});
  }
  return out;
}

bool Cgroup::frozen() const {
  if (const auto* freezer = legacy_directory(place_, "freezer")) return v1::frozen(*freezer);
  return !place_.unified.empty() && v2::frozen(place_.unified);
}

void Cgroup::freeze(bool on) {
  if (const auto* freezer = legacy_directory(place_, "freezer")) return v1::freeze(*freezer, on);
  if (!place_.unified.empty()) return v2::freeze(place_.unified, on);
  throw Error("cannot toggle freezer: cgroups not configured for container");
}

std::vector<int> Cgroup::processes() const {
  const std::string directory = main_directory();
  return directory.empty() ? std::vector<int>{} : processes_below(directory);
}

bool Cgroup::populated() const {
  if (!place_.unified.empty()) return !v2::wait_for_event(place_.unified, "populated", false, 0);
  return !processes().empty();
}

// Kills all that is there now. Processes that fork meanwhile can escape only where neither cgroup.kill nor the freezer
// holds them.
Cgroup::Swept Cgroup::kill_pass() {
  const auto* freezer = legacy_directory(place_, "freezer");
  if (!place_.unified.empty() && v2::try_kill(place_.unified)) {
    if (freezer != nullptr) (void)try_write(*freezer, "freezer.state", "THAWED"); // v1 keeps the dying frozen
    return Swept::All;
  }
  Swept swept = Swept::All;
  try {
    freeze(true);
  } catch (const Error&) {
    swept = Swept::Perhaps; // kill those that we see; the caller comes back
  }
  for (const int pid : processes()) (void)::kill(pid, SIGKILL);
  try {
    freeze(false);
  } catch (const Error&) {
    swept = Swept::Perhaps;
  }
  return swept;
}

void Cgroup::wait_until_empty(int milliseconds) const {
  if (!place_.unified.empty()) {
    (void)v2::wait_for_event(place_.unified, "populated", false, milliseconds);
    return;
  }
  // v1 announces nothing, but the processes themselves do.
  const int64_t end = sys::monotonic_ms() + milliseconds;
  for (const int pid : processes()) {
    const int64_t left = end - sys::monotonic_ms();
    if (left <= 0) return;
    auto process = sys::try_pidfd(pid);
    if (process) (void)sys::wait_until_gone(*process, static_cast<int>(left));
  }
}

void Cgroup::signal_all(int signal) {
  const std::string directory = main_directory();
  if (directory.empty() || !exists(directory)) throw Error(std::string(messages::kCgroupNotExist));
  if (signal == SIGKILL) {
    constexpr int most_passes = 100;
    for (int i = 0; i < most_passes && kill_pass() == Swept::Perhaps && populated(); ++i) {
    }
    return;
  }
  // Frozen, so that a process which forks right now cannot lose its child to the signal's way.
  const bool was_frozen = frozen();
  try {
    if (!was_frozen) freeze(true);
  } catch (const Error&) {
    // Without a freezer the signal goes to those that we see.
  }
  for (const int pid : processes()) (void)::kill(pid, signal);
  try {
    if (!was_frozen) freeze(false);
  } catch (const Error&) {
    // It was never frozen.
  }
}

void Cgroup::remove() {
  const std::string main = main_directory();
  constexpr int longest_ms = 10000;
  const int64_t end = sys::monotonic_ms() + longest_ms;
  while (!main.empty() && exists(main) && populated()) {
    const int64_t left = end - sys::monotonic_ms();
    if (left <= 0) {
      throw Error(cat("unable to remove cgroup ", main, ": ", processes().size(), " process(es) do not end"));
    }
    (void)kill_pass();
    wait_until_empty(static_cast<int>(std::min<int64_t>(left, 1000)));
  }
  birth_place_.reset();
  for (const auto& directory : directories()) remove_below(directory);
}

// A cgroup to be made: `create`.
class NewCgroup final : public Cgroup {
public:
  NewCgroup(Request request, Layout layout, Place place)
      : Cgroup(std::move(place)), request_(std::move(request)), layout_(std::move(layout)),
        parts_(divide(request_.resources, layout_)) {
    std::vector<oci::DeviceRule> rules = request_.resources.devices;
    const auto defaults = default_device_rules();
    rules.insert(rules.end(), defaults.begin(), defaults.end());
    devices_ = fold(rules);
    check_mounts();
  }

  void prepare() override;
  std::vector<View> views() const override { return views_of(layout_); }

private:
  void check_mounts() const;
  v2::Wanted wanted() const;
  void make_legacy(NewDirectories& all);
  void make_unified(NewDirectories& all);
  void refuse_occupied(const NewDirectories& made) const;
  void write_limits() const;
  void write_devices(const NewDirectories& made) const;

  // Rootless containers that ask for no place of their own do without cgroups that they may not make.
  bool may_do_without() const { return request_.rootless && request_.cgroups_path.empty(); }

  Request request_;
  Layout layout_;
  Parts parts_;
  DevicePolicy devices_;
};

void NewCgroup::check_mounts() const {
  if (request_.rootless && !layout_.none()) return;
  if (!layout_.unified_mount.empty() || layout_.hierarchy_of("devices") != nullptr) return;
  if (!layout_.none()) throw Error("mountpoint for devices not found");
  const bool limited = !limits_v2(parts_.unified, {}).empty() || !parts_.unified.unified.empty();
  const bool devices_limited = !request_.rootless && !devices_.allows_all();
  if (limited || devices_limited || !request_.cgroups_path.empty()) throw Error("no cgroup mount found in mountinfo");
}

v2::Wanted NewCgroup::wanted() const {
  v2::Wanted out;
  for (const auto& setting : limits_v2(parts_.unified, {})) {
    const std::string name(controller_of(setting.file));
    if (std::find(out.required.begin(), out.required.end(), name) == out.required.end()) out.required.push_back(name);
  }
  // Engines read the statistics of every controller, limited or not. On hybrid hosts they look at v1.
  if (layout_.only_unified()) out.optional = layout_.unified_controllers;
  for (const auto& [file, value] : parts_.unified.unified) {
    const std::string name(controller_of(file));
    if (layout_.unified_has(name)) out.optional.push_back(name);
  }
  return out;
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
  const auto needs = wanted();
  NewDirectories mine;
  try {
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

void NewCgroup::write_limits() const {
  const auto* memory = legacy_directory(place_, "memory");
  const auto* blkio = legacy_directory(place_, "blkio");
  write_settings(limits_v1(parts_.legacy, v1::facts(parts_.legacy, or_empty(memory), or_empty(blkio))),
                 [&](std::string_view controller) { return legacy_directory(place_, controller); });
  if (place_.unified.empty()) return;
  if (parts_.unified.memory) v2::check_memory_usage(place_.unified, *parts_.unified.memory);
  write_settings(limits_v2(parts_.unified, v2::facts(parts_.unified, place_.unified)),
                 [&](std::string_view) { return &place_.unified; });
  v2::write_unified(place_.unified, parts_.unified.unified);
}

void NewCgroup::write_devices(const NewDirectories& made) const {
  try {
    if (const auto* directory = legacy_directory(place_, "devices")) {
      write_settings(device_lines(devices_), [&](std::string_view) { return directory; });
    } else if (layout_.hierarchy_of("devices") == nullptr && !place_.unified.empty()) {
      attach_device_filter(*birth_place(), devices_, made.made(place_.unified) ? Programs::None : Programs::Perhaps);
    }
  } catch (const Error& error) {
    // An unprivileged runtime can neither load programs nor make device nodes, so nothing is lost.
    if (!request_.rootless || !is_permission(error)) throw;
  }
}

void NewCgroup::prepare() {
  NewDirectories made;
  in([] { return std::string("unable to apply cgroup configuration"); },
     [&] {
       make_legacy(made);
       make_unified(made);
     });
  refuse_occupied(made);
  write_devices(made);
  write_limits();
  made.keep();
}

} // namespace

std::unique_ptr<Manager> plan(Request request) {
  Layout layout = detect_layout(own_cgroup_for(request));
  Place place = place_for(layout, request);
  return std::make_unique<NewCgroup>(std::move(request), std::move(layout), std::move(place));
}

std::unique_ptr<Manager> open(const Place& place) {
  return std::make_unique<Cgroup>(place);
}

} // namespace skiff::cgroups
