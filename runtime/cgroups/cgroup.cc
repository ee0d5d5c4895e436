// A cgroup that exists.
#include "runtime/cgroups/cgroup.h"

#include <csignal>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "runtime/base/error.h"
#include "runtime/base/messages.h"
#include "runtime/base/scope.h"
#include "runtime/base/text.h"
#include "runtime/cgroups/systemd.h"
#include "runtime/cgroups/v1.h"
#include "runtime/cgroups/v2.h"
#include "runtime/cgroups/write_settings.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"
#include "runtime/sys/watch.h"

namespace skiff::cgroups {

namespace {

bool has_controller(std::string_view hierarchy, std::string_view controller) {
  const auto names = split(hierarchy, ',');
  return std::find(names.begin(), names.end(), controller) != names.end();
}

std::string or_empty(const std::string* text) {
  return text == nullptr ? std::string() : *text;
}

// The same in the words of systemd, from a cgroup that exists.
Properties properties_of(const oci::Resources& resources, const Place& place) {
  const bool v1 = !place.legacy.empty();
  const bool bfq = sys::exists(cat(place.unified, "/io.bfq.weight"));
  return resource_properties(resources, v1 ? SystemdLayout::V1 : SystemdLayout::V2,
                             bfq ? IoWeights::Bfq : IoWeights::Kernel);
}

} // namespace

const std::string* legacy_directory(const Place& place, std::string_view controller) {
  for (const auto& [name, directory] : place.legacy) {
    if (has_controller(name, controller)) return &directory;
  }
  return nullptr;
}

v2::Wanted wanted_for(const Parts& parts, const Layout& layout) {
  v2::Wanted out;
  for (const auto& setting : limits_v2(parts.unified, {})) {
    const std::string name(controller_of(setting.file));
    if (std::find(out.required.begin(), out.required.end(), name) == out.required.end()) out.required.push_back(name);
  }
  // Engines read the statistics of every controller, limited or not. On hybrid hosts they look at v1.
  if (layout.only_unified()) out.optional = layout.unified_controllers;
  for (const auto& [file, value] : parts.unified.unified) {
    const std::string name(controller_of(file));
    if (layout.unified_has(name)) out.optional.push_back(name);
  }
  return out;
}

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

void Cgroup::write_limits(const Parts& parts, Rollback* rollback) const {
  const auto* memory = legacy_directory(place_, "memory");
  const auto* blkio = legacy_directory(place_, "blkio");
  write_settings(
      limits_v1(parts.legacy, v1::facts(parts.legacy, or_empty(memory), or_empty(blkio))),
      [&](std::string_view controller) { return legacy_directory(place_, controller); }, rollback);
  if (place_.unified.empty()) return;
  if (parts.unified.memory) v2::check_memory_usage(place_.unified, *parts.unified.memory);
  write_settings(
      limits_v2(parts.unified, v2::facts(parts.unified, place_.unified)),
      [&](std::string_view) { return &place_.unified; }, rollback);
  v2::write_unified(place_.unified, parts.unified.unified, rollback);
}

// A program binds all processes in the cgroup and below it, and stays. So it must never be the root, nor hold
// ourselves.
void Cgroup::filter_devices(const Layout& layout, const DevicePolicy& policy, Programs programs) const {
  const sys::DirFd directory = sys::open_dir(place_.unified);
  const auto refuse = [&](std::string_view reason) {
    throw Error(cat("refusing to put a device filter on ", place_.unified, ": ", reason));
  };
  if (sys::try_stat(directory).or_throw("stat cgroup").st_ino == kRootInode) refuse("it is the root of all cgroups");
  const std::string own = cat(layout.unified_mount, layout.unified_own, '/');
  if (own.starts_with(cat(place_.unified, '/'))) refuse("the runtime itself is in it");
  attach_device_filter(directory, policy, programs);
}

// Controllers that nobody wanted at first may still have to be handed down.
void Cgroup::update(const oci::Resources& resources) {
  if (place_.empty()) throw Error("cannot set limits: the container has no cgroup");
  const bool by_systemd = !place_.unit.empty();
  const Layout layout = detect_layout(OwnCgroup::NotNeeded);
  const Parts parts = divide(by_systemd ? in_steps_of_systemd(resources) : resources, layout);
  const auto wanted = wanted_for(parts, layout);
  if (!place_.unified.empty() && !(wanted.required.empty() && parts.unified.unified.empty())) {
    NewDirectories made;
    (void)v2::create(made, layout.unified_mount, place_.unified, wanted);
    made.keep();
  }
  Rollback rollback;
  write_limits(parts, &rollback);
  // Else systemd would write the old values again when something makes it look at the scope.
  if (by_systemd) set_scope_properties(place_, properties_of(resources, place_));
  rollback.keep();
}

void Cgroup::update_devices(std::span<const oci::DeviceRule> before, std::span<const oci::DeviceRule> after) {
  const DevicePolicy wanted = container_policy(after);
  const auto* directory = legacy_directory(place_, "devices");
  if (!place_.unit.empty() && !place_.user_systemd) {
    // In v1 systemd forbids everything for a moment, which no process may see.
    const bool hold = directory != nullptr && !frozen();
    if (hold) freeze(true);
    const Scope thaw([&] {
      if (hold) freeze(false);
    });
    set_scope_properties(place_, device_properties(wanted));
  }
  if (directory == nullptr && !place_.unified.empty()) {
    return filter_devices(detect_layout(OwnCgroup::NotNeeded), wanted, Programs::Perhaps);
  }
  if (directory == nullptr) throw Error("cannot set devices limit: container could not join or create cgroup");
  write_settings(
      device_changes(container_policy(before), wanted), [&](std::string_view) { return directory; }, nullptr);
}

bool Cgroup::in_reach() const {
  if (!place_.user_systemd) return true;
  for (const auto& member : parse_proc_cgroup(sys::read_file("/proc/self/cgroup"))) {
    if (!member.name.empty()) continue;
    const std::string own = cat(kMountPoint, member.path);
    // The last directory above both. A process is moved by who may write there.
    const auto [a, b] = std::mismatch(own.begin(), own.end(), place_.unified.begin(), place_.unified.end());
    const auto common = own.substr(0, std::string_view(own.begin(), a).rfind('/'));
    return ::faccessat(AT_FDCWD, cat(common, "/cgroup.procs").c_str(), W_OK, AT_EACCESS) == 0;
  }
  return true;
}

std::optional<sys::FdRef> Cgroup::birth_place() const {
  if (place_.unified.empty() || !in_reach()) return std::nullopt;
  if (!birth_place_) birth_place_ = sys::open_dir(place_.unified);
  return sys::FdRef(birth_place_);
}

// D9: the first write waits for a grace period of the kernel (about 10 ms); those that follow at once ride on it. So
// nothing may come between them, not even open(2).
void Cgroup::join(int pid, Born born) {
  const bool reached = in_reach();
  if (!reached) attach_to_scope(place_, pid);
  std::vector<std::string> directories;
  for (const auto& entry : place_.legacy) directories.push_back(entry.second);
  if (reached && born == Born::Elsewhere && !place_.unified.empty()) directories.push_back(place_.unified);
  std::vector<std::pair<std::string, sys::Fd>> files;
  for (const std::string& directory : directories) {
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

void Cgroup::let_die() {
  if (const auto* freezer = legacy_directory(place_, "freezer"))
    return try_write_below(*freezer, "freezer.state", "THAWED");
  if (!place_.unified.empty() && v2::frozen(place_.unified)) v2::freeze(place_.unified, false);
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
  if (!place_.unified.empty() && v2::try_kill(place_.unified)) {
    let_die();
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
    let_die();
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
  if (directory.empty() || !sys::exists(directory)) throw Error(std::string(messages::kCgroupNotExist));
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
  while (!main.empty() && sys::exists(main) && populated()) {
    const int64_t left = end - sys::monotonic_ms();
    if (left <= 0) {
      throw Error(cat("unable to remove cgroup ", main, ": ", processes().size(), " process(es) do not end"));
    }
    (void)kill_pass();
    wait_until_empty(static_cast<int>(std::min<int64_t>(left, 1000)));
  }
  birth_place_.reset();
  for (const auto& directory : directories())
    remove_below(place_.unit.empty() ? directory : scope_directory(place_, directory));
  if (!place_.unit.empty()) stop_scope(place_);
}

} // namespace skiff::cgroups
