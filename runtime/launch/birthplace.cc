#include "runtime/launch/birthplace.h"

#include <fcntl.h>
#include <unistd.h>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"
#include "runtime/sys/uapi.h"

namespace skiff::launch {

namespace {

const char* name_of(int type) {
  switch (type) {
  case CLONE_NEWNS:
    return "mnt";
  case CLONE_NEWPID:
    return "pid_for_children";
  case CLONE_NEWNET:
    return "net";
  case CLONE_NEWUTS:
    return "uts";
  case CLONE_NEWIPC:
    return "ipc";
  case CLONE_NEWCGROUP:
    return "cgroup";
  default:
    return "time_for_children";
  }
}

// The offsets can be set as long as nobody is in the namespace: time_namespaces(7).
void make_time_namespace(const InitPlan& plan, sys::FdRef offsets) {
  sys::try_unshare(CLONE_NEWTIME).or_throw("unshare time namespace");
  for (const auto& entry : plan.time_offsets)
    sys::try_write_all(offsets, cat(entry.first, ' ', entry.second.secs, ' ', entry.second.nanosecs, '\n'))
        .or_throw([&] { return cat("failed to update /proc/self/timens_offsets for ", entry.first); });
}

void join(const JoinedNamespace& joined) {
  sys::try_setns(joined.fd, joined.type).or_throw([&] { return cat("join namespace ", joined.path); });
}

} // namespace

Birthplace::Birthplace(const InitPlan& plan, sys::FdRef mount_ns) {
  try {
    enter(plan, mount_ns);
  } catch (...) {
    leave();
    throw;
  }
}

Birthplace::~Birthplace() {
  try {
    leave();
  } catch (const Error&) {
    ::_exit(1); // in a foreign namespace nothing that this process does is right
  }
}

void Birthplace::enter(const InitPlan& plan, sys::FdRef mount_ns) {
  // All is opened while /proc is still the runtime's own.
  const JoinedNamespace* mount = nullptr;
  for (const JoinedNamespace& joined : plan.joined)
    if (joined.type == CLONE_NEWNS) mount = &joined;
  const bool moves = mount != nullptr || mount_ns.get() >= 0;
  std::vector<Own> back;
  for (const JoinedNamespace& joined : plan.joined)
    if (&joined != mount)
      back.push_back({joined.type, sys::open(cat("/proc/self/ns/", name_of(joined.type)), O_RDONLY)});
  if (plan.new_time_ns) back.push_back({CLONE_NEWTIME, sys::open("/proc/self/ns/time", O_RDONLY)});
  if (moves) {
    back.push_back({CLONE_NEWNS, sys::open("/proc/self/ns/mnt", O_RDONLY)});
    root_ = sys::open("/", O_PATH | O_DIRECTORY);
    cwd_ = sys::open(".", O_PATH | O_DIRECTORY);
  }
  own_ = std::move(back);
  for (const JoinedNamespace& joined : plan.joined)
    if (&joined != mount) join(joined);
  if (plan.new_time_ns) make_time_namespace(plan, open_time_offsets(plan));
  if (mount != nullptr) join(*mount);
  if (mount_ns.get() >= 0) sys::try_setns(mount_ns, CLONE_NEWNS).or_throw("enter the mount namespace of the container");
}

void Birthplace::leave() {
  while (!own_.empty()) {
    const Own own = std::move(own_.back());
    own_.pop_back();
    sys::try_setns(own.ns, own.type).or_throw("return from the container's namespaces");
    if (own.type != CLONE_NEWNS) continue;
    // The root need not be that of the namespace: the runtime may stand in a chroot.
    if (::fchdir(root_.get()) != 0 || ::chroot(".") != 0 || ::fchdir(cwd_.get()) != 0)
      throw Error(errno, "return from the container's namespaces");
  }
}

sys::Fd open_time_offsets(const InitPlan& plan) {
  if (!plan.new_time_ns || plan.time_offsets.empty()) return {};
  return sys::open("/proc/self/timens_offsets", O_WRONLY);
}

void join_for_good(const InitPlan& plan, sys::FdRef time_offsets) {
  for (const JoinedNamespace& joined : plan.joined) join(joined);
  if (plan.new_time_ns) make_time_namespace(plan, time_offsets);
}

} // namespace skiff::launch
