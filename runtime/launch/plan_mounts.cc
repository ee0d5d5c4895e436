// The root file system and what is mounted in it: config.md, "Root" and "Mounts"; config-linux.md.
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "runtime/base/text.h"
#include "runtime/launch/bind.h"
#include "runtime/launch/idmap.h"
#include "runtime/launch/plan_parts.h"
#include "runtime/log/log.h"
#include "runtime/sys/file.h"
#include "runtime/sys/mount.h"
#include "runtime/sys/path.h"
#include "runtime/sys/uapi.h"

namespace skiff::launch {

namespace {

// File systems whose making needs nothing of the host's tree: no path, no device.
bool is_self_contained(const PlannedMount& mount) {
  static constexpr std::array<std::string_view, 7> kTypes{"cgroup", "cgroup2", "devpts", "mqueue",
                                                          "proc",   "sysfs",   "tmpfs"};
  return mount.kind != PlannedMount::Kind::filesystem || std::ranges::find(kTypes, mount.type) != kTypes.end();
}

// The user namespace that translates an idmapped mount's ids: the mount's own mappings, or the container's.
sys::Fd idmap_namespace(const oci::Mount& mount, const MountOptions& options, const InitPlan& plan) {
  if (!options.id_map_text.empty()) {
    const CustomMaps maps = parse_id_map(options.id_map_text, plan.uid_mappings, plan.gid_mappings);
    return make_user_namespace(maps.uids, maps.gids);
  }
  if (!mount.uid_mappings.empty() || !mount.gid_mappings.empty())
    return make_user_namespace(mount.uid_mappings, mount.gid_mappings);
  if (plan.joined_user) return sys::open(plan.joined_user->path, O_RDONLY);
  if (plan.uid_mappings.empty())
    throw Error("an idmapped mount without mappings of its own needs a user namespace with mappings");
  return make_user_namespace(plan.uid_mappings, plan.gid_mappings);
}

// A path of the host's as the container's own, when it is in the container's root.
std::optional<std::string> strip_root(const std::string& rootfs, const std::string& path) {
  const std::string clean = sys::clean_path(path);
  if (rootfs.empty() || rootfs == "/" || !sys::is_at_or_below(clean, rootfs)) return {};
  return clean == rootfs ? "/" : clean.substr(rootfs.size());
}

// What earlier mounts make of the container's tree can be bound as well, as by runc, which opens every source in turn.
// The place of such a source in the container, or empty. Below a mount over the root, which runc has not, the tree of
// the host's is meant.
std::string inner_source(const std::string& source, const InitPlan& plan) {
  const std::optional<std::string> inner = strip_root(plan.rootfs, source);
  const auto changes_it = [&](const PlannedMount& mount) {
    const std::string place = sys::clean_path(mount.destination);
    return sys::is_at_or_below(*inner, place) || sys::is_at_or_below(place, *inner);
  };
  const bool is_covered = std::ranges::any_of(plan.mounts, &PlannedMount::covers_root);
  return inner && !is_covered && std::ranges::any_of(plan.mounts, changes_it) ? *inner : "";
}

void open_bind_source(PlannedMount& planned, const oci::Mount& mount, const InitPlan& plan,
                      MountNamespaceFiles& files) {
  planned.inner_source = inner_source(planned.source, plan);
  if (!planned.inner_source.empty()) {
    if (planned.options.id_mapping != IdMapping::none)
      planned.inner_ids = idmap_namespace(mount, planned.options, plan);
    return;
  }
  const int nofollow = planned.options.source_nofollow || planned.options.copy_symlink ? AT_SYMLINK_NOFOLLOW : 0;
  const struct stat st = sys::try_stat(sys::FdRef(sys::kCwd), planned.source.c_str(), nofollow).or_throw([&] {
    return cat("stat ", planned.source);
  });
  planned.source_is_dir = S_ISDIR(st.st_mode);
  if (planned.options.copy_symlink && S_ISLNK(st.st_mode)) {
    planned.symlink_target = sys::read_link(sys::FdRef(sys::kCwd), planned.source.c_str()).value_or("");
    return;
  }
  if (planned.source_is_dir && planned.options.recursive && planned.options.id_mapping == IdMapping::none &&
      files.any_below(st)) {
    planned.in_place = true;
    planned.renewed = false;
    return;
  }
  sys::Fd user_ns;
  if (planned.options.id_mapping != IdMapping::none) user_ns = idmap_namespace(mount, planned.options, plan);
  try {
    planned.tree = open_bind(planned, inherit_of(plan.propagation), user_ns);
  } catch (const Error& error) {
    if (!is_left_to_init(plan, error.code())) throw;
  }
}

} // namespace

bool is_left_to_init(const InitPlan& plan, int error) {
  return (error == EPERM || error == EACCES) && ((plan.new_namespaces & CLONE_NEWNS) || plan.joined_user);
}

void open_source(PlannedMount& planned, const oci::Mount& mount, const InitPlan& plan, MountNamespaceFiles& files) {
  if (planned.kind == PlannedMount::Kind::bind)
    in([&] { return cat("error mounting ", quote(mount.source), " to rootfs at ", quote(mount.destination)); },
       [&] { open_bind_source(planned, mount, plan, files); });
}

PlannedMount plan_mount(const oci::Mount& mount, const InitPlan& plan, const PlanRequest& request) {
  PlannedMount planned;
  planned.destination = mount.destination.starts_with('/') ? mount.destination : cat('/', mount.destination);
  if (auto inner = strip_root(plan.rootfs, planned.destination)) planned.destination = std::move(*inner); // as runc
  planned.type = mount.type;
  planned.source = mount.source;
  planned.options = parse_mount_options(mount.options);
  const bool has_mappings = !mount.uid_mappings.empty() || !mount.gid_mappings.empty();
  if (has_mappings && planned.options.id_mapping == IdMapping::none) planned.options.id_mapping = IdMapping::mount;
  if (planned.options.bind || mount.type == "bind") {
    planned.kind = PlannedMount::Kind::bind;
    if (!planned.options.data.empty() && !request.binds_take_any_option)
      throw Error("bind mounts cannot have any filesystem-specific options applied");
    planned.keeps_source_flags = (plan.new_namespaces & CLONE_NEWUSER) || plan.joined_user;
    if (!planned.source.starts_with('/')) planned.source = cat(request.bundle, '/', planned.source);
  } else if (planned.options.id_mapping != IdMapping::none) {
    throw Error(cat("error mounting ", quote(mount.source), " to rootfs at ", quote(mount.destination),
                    ": id mappings are only for bind mounts"));
  } else if (mount.type == "cgroup" || mount.type == "cgroup2") {
    planned.kind = PlannedMount::Kind::cgroup;
  }
  return planned;
}

namespace {

void open_root(InitPlan& plan) {
  Result<sys::MountFd> tree = sys::try_clone_tree(sys::FdRef(sys::kCwd), plan.rootfs.c_str(), sys::Depth::recursive);
  if (!tree && is_left_to_init(plan, tree.error())) return;
  plan.root_tree = std::move(tree).or_throw([&] { return cat("open rootfs ", plan.rootfs); });
}

// Hooks that may look for the host's tree in the container's mount namespace before the pivot. Docker's own hook, which
// every container of a docker network has, only reads the pid.
bool needs_host_tree(const oci::Hooks& hooks) {
  const auto is_plain = [](const oci::Hook& hook) {
    return !hook.args.empty() && hook.args.front() == "libnetwork-setkey";
  };
  return !hooks.create_container.empty() || !std::ranges::all_of(hooks.prestart, is_plain) ||
         !std::ranges::all_of(hooks.create_runtime, is_plain);
}

// The kernel allows no sysfs to a user namespace that has not the network namespace.
bool may_not_have_sysfs(const InitPlan& plan) {
  const bool joins_network =
      std::ranges::any_of(plan.joined, [](const JoinedNamespace& ns) { return ns.type == CLONE_NEWNET; });
  return (plan.new_namespaces & CLONE_NEWUSER) && !(plan.new_namespaces & CLONE_NEWNET) && !joins_network;
}

// The host's /sys in its place, with all below it; its cgroups are not to be seen.
oci::Mount host_sys(oci::Mount mount, InitPlan& plan, const oci::Spec& spec) {
  mount.type = "bind";
  mount.source = "/sys";
  const bool readonly = std::ranges::find(mount.options, "ro") != mount.options.end();
  mount.options.push_back("rbind");
  if (readonly) mount.options.push_back("rro");
  const std::string cgroups = cat(sys::clean_path(mount.destination), "/fs/cgroup");
  const bool is_covered =
      std::ranges::any_of(spec.mounts, [&](const oci::Mount& m) { return sys::clean_path(m.destination) == cgroups; });
  if (!is_covered) plan.masked_paths.push_back(cgroups);
  return mount;
}

// design: section 4.1. The copy of the host's mount table is only needed where something in it is.
bool may_leave_host_mounts(const InitPlan& plan) {
  if (!(plan.new_namespaces & CLONE_NEWNS) || plan.joined_user || !plan.root_tree) return false;
  if (plan.root_change != RootChange::pivot || needs_host_tree(plan.hooks)) return false;
  return std::ranges::all_of(plan.mounts, [](const PlannedMount& mount) {
    const bool has_source = mount.kind != PlannedMount::Kind::bind || mount.tree || !mount.inner_source.empty() ||
                            !mount.symlink_target.empty();
    return has_source && is_self_contained(mount);
  });
}

} // namespace

void plan_rootfs(InitPlan& plan, const oci::Spec& spec, const PlanRequest& request) {
  const oci::Root& root = *spec.root;
  plan.rootfs = root.path.starts_with('/') ? root.path : cat(request.bundle, '/', root.path);
  const struct stat st = sys::try_stat(sys::FdRef(sys::kCwd), plan.rootfs.c_str()).or_throw([&] {
    return cat("invalid rootfs: stat ", plan.rootfs);
  });
  if (!S_ISDIR(st.st_mode)) throw Error(cat("invalid rootfs: ", plan.rootfs, " is not a directory"));
  // runc's rule: what is given is where it is.
  if (const std::string real = sys::real_path(plan.rootfs); real != sys::clean_path(plan.rootfs))
    throw Error("invalid rootfs: not an absolute path, or a symlink");
  plan.rootfs = sys::clean_path(plan.rootfs);
  plan.readonly_root = root.readonly;
  plan.root_change = request.no_pivot ? RootChange::move : RootChange::pivot;
  if (spec.linux_) {
    plan.propagation = spec.linux_->rootfs_propagation;
    plan.masked_paths = spec.linux_->masked_paths;
    plan.readonly_paths = spec.linux_->readonly_paths;
    plan.mount_label.text = spec.linux_->mount_label;
  }
  if (request.no_pivot &&
      (plan.propagation == oci::RootfsPropagation::private_ || plan.propagation == oci::RootfsPropagation::rprivate))
    throw Error("rootfsPropagation of [r]private is not safe without pivot_root");
  open_root(plan);
  const auto is_bind = [](const PlannedMount& mount) { return mount.kind == PlannedMount::Kind::bind; };
  MountNamespaceFiles files;
  for (const oci::Mount& given : spec.mounts) {
    std::optional<oci::Mount> other;
    if (request.binds_sys && given.type == "sysfs" && may_not_have_sysfs(plan)) other = host_sys(given, plan, spec);
    const oci::Mount& mount = other ? *other : given;
    if (!mount.destination.starts_with('/'))
      log::warn(
          cat("mount destination ", quote(mount.destination),
              " is not absolute: support for non-absolute mount destinations will be removed in a future release"));
    PlannedMount planned = plan_mount(mount, plan, request);
    planned.renewed = request.renews_binds && !std::ranges::all_of(plan.mounts, is_bind);
    // Where runc does it, and callers look for it.
    in([] { return "unable to start container process: error during container init"; },
       [&] { open_source(planned, mount, plan, files); });
    const std::string destination = sys::clean_path(planned.destination);
    // A /dev of the host's brings its own nodes.
    if (planned.kind == PlannedMount::Kind::bind && destination == "/dev") plan.makes_dev = false;
    planned.covers_root = request.mounts_over_root && destination == "/" && !planned.options.copy_up &&
                          planned.kind != PlannedMount::Kind::cgroup;
    plan.mounts.push_back(std::move(planned));
  }
  if (may_leave_host_mounts(plan)) plan.mounts_begin = MountsBegin::with_launchpad;
}

} // namespace skiff::launch
