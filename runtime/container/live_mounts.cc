#include "runtime/container/live_mounts.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <functional>
#include <vector>

#include "oci-spec/error.h"
#include "oci-spec/json/bind.h"
#include "oci-spec/spec_describe.h"
#include "runtime/base/messages.h"
#include "runtime/base/text.h"
#include "runtime/container/container.h"
#include "runtime/container/idle_labels.h"
#include "runtime/container/names.h"
#include "runtime/init/mounts.h"
#include "runtime/init/surroundings.h"
#include "runtime/launch/exec_plan.h"
#include "runtime/launch/plan_parts.h"
#include "runtime/launch/protocol.h"
#include "runtime/sys/file.h"
#include "runtime/sys/mount.h"
#include "runtime/sys/path.h"
#include "runtime/sys/process.h"
#include "runtime/sys/uapi.h"

namespace skiff {

namespace {

constexpr sys::FdRef kHere(sys::kCwd);

std::vector<oci::Mount> read_mounts(const std::string& file) {
  const std::string text = sys::try_read_file(kHere, file.c_str()).or_throw([&] { return cat("read ", file); });
  try {
    return oci::json::read<std::vector<oci::Mount>>(text, file);
  } catch (const oci::SpecError& error) {
    throw Error(error.what());
  }
}

sys::PidFd running_init(const Container& container) {
  Result<sys::PidFd> init = living_init(container.record());
  if (!init) throw Error(std::string(messages::kNotRunning));
  if (launch::foreign_namespaces(container.record().init.pid, CLONE_NEWNS) == 0)
    throw Error("the container has no mount namespace of its own");
  return std::move(*init);
}

// A child does `work` in the container's mount namespace, below its root. It has the host's rights and pid namespace:
// nobody in the container can reach it.
void in_mount_namespace(const sys::PidFd& init, const std::function<void(const sys::RootDir&)>& work) {
  if (::prctl(PR_SET_DUMPABLE, 0) != 0) throw Error(errno, "prctl(PR_SET_DUMPABLE)"); // I7
  launch::Channel channel = launch::make_channel();
  const sys::Child child = sys::try_clone({}).or_throw("clone");
  if (child.pid == 0) {
    try {
      init::die_with_parent();
      sys::try_setns(init, CLONE_NEWNS).or_throw("join the container's mount namespace");
      work(sys::RootDir(sys::open("/", O_PATH | O_DIRECTORY)));
    } catch (const std::exception& error) {
      channel.child.send_failed(error.what());
      ::_exit(1);
    }
    ::_exit(0); // no destructors of the runtime's objects in this copy of it
  }
  channel.child = launch::ChildEnd();
  const launch::Message message = channel.parent.receive();
  const sys::ExitStatus status = child.pidfd.try_wait().or_throw("wait for the process that mounts");
  if (!message.payload.empty()) throw Error(message.payload);
  if (status.shell_code() != 0) throw Error("the process that mounts was killed");
}

// As much of the plan as a mount needs to know.
launch::InitPlan plan_of(const oci::Spec& spec) {
  launch::InitPlan plan;
  if (!spec.linux_) return plan;
  plan.propagation = spec.linux_->rootfs_propagation;
  plan.uid_mappings = spec.linux_->uid_mappings;
  plan.gid_mappings = spec.linux_->gid_mappings;
  plan.mount_label.text = spec.linux_->mount_label;
  return plan;
}

std::vector<launch::PlannedMount> open_mounts(const std::vector<oci::Mount>& mounts, const launch::InitPlan& plan,
                                              const Record& record) {
  std::vector<launch::PlannedMount> planned;
  launch::MountNamespaceFiles files;
  for (const oci::Mount& mount : mounts) {
    planned.push_back(launch::plan_mount(mount, plan, {.id = record.id, .bundle = record.bundle}));
    launch::open_source(planned.back(), mount, plan, files);
    if (planned.back().kind == launch::PlannedMount::Kind::cgroup)
      throw Error(cat("mount ", mount.destination, ": a cgroup cannot be mounted in a running container"));
  }
  return planned;
}

// By the name in a directory that is held: neither a symlink nor a later change of the path leads elsewhere. What
// covers parts of procfs and sysfs is there to hide or lock them.
void detach(const sys::RootDir& root, const std::string& destination) {
  const std::string path = sys::clean_path(destination.starts_with('/') ? destination : cat('/', destination));
  const sys::PathParts parts = sys::split_path(path);
  if (parts.name.empty()) throw Error("the root of the container cannot be unmounted");
  const sys::Fd parent = root.try_open(parts.parent, O_PATH | O_DIRECTORY).or_throw([&] { return cat("open ", path); });
  Result<long> type = sys::try_fs_type(parent);
  if (!type || *type == PROC_SUPER_MAGIC || *type == SYSFS_MAGIC)
    throw Error(cat(quote(path), " cannot be unmounted because it is inside /proc or /sys"));
  if (::fchdir(parent.get()) != 0) throw Error(errno, cat("chdir ", parts.parent));
  if (::umount2(parts.name.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) != 0) throw Error(errno, cat("umount ", path));
}

} // namespace

void add_mounts(const Home& home, const std::string& id, const std::string& file) {
  const std::vector<oci::Mount> mounts = read_mounts(file);
  const Container container = Container::open(home, id);
  const sys::PidFd init = running_init(container);
  const std::string config =
      sys::try_read_file(container.dir().fd(), names::kConfig).or_throw("read the container's configuration");
  oci::Spec spec = oci::parse_spec(config, names::kConfig);
  if (home.policy.ignores_idle_labels) drop_idle_mount_label(spec);
  const launch::InitPlan plan = plan_of(spec);
  std::vector<launch::PlannedMount> planned = open_mounts(mounts, plan, container.record());
  in_mount_namespace(init, [&](const sys::RootDir& root) {
    const init::MountPlaces places(root);
    for (launch::PlannedMount& mount : planned) {
      in([&] { return cat("error mounting ", quote(mount.source), " to rootfs at ", quote(mount.destination)); },
         [&] {
           const init::Attached attached = init::attach(places, mount, plan);
           if (attached.lock_later)
             sys::try_set_attributes(attached.mount, {.set = MOUNT_ATTR_RDONLY}, sys::Depth::one)
                 .or_throw("make it read-only");
         });
    }
  });
}

void remove_mounts(const Home& home, const std::string& id, const std::string& file) {
  const std::vector<oci::Mount> mounts = read_mounts(file);
  const Container container = Container::open(home, id);
  const sys::PidFd init = running_init(container);
  in_mount_namespace(init, [&](const sys::RootDir& root) {
    for (auto mount = mounts.rbegin(); mount != mounts.rend(); ++mount) detach(root, mount->destination);
  });
}

} // namespace skiff
