#include "runtime/container/tracers.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/stat.h>

#include <algorithm>

#include "runtime/base/text.h"
#include "runtime/container/names.h"
#include "runtime/launch/exec_plan.h"
#include "runtime/security/capabilities.h"
#include "runtime/sys/file.h"
#include "runtime/sys/uapi.h"

namespace skiff {

namespace {

using Namespaces = std::vector<oci::Namespace>;

bool holds_ptrace(const oci::Process& process) {
  if (!process.capabilities) return false;
  std::vector<std::string> unknown;
  const security::CapabilitySets sets = security::resolve(*process.capabilities, unknown);
  return (sets.bounding | sets.permitted | sets.inheritable) >> CAP_SYS_PTRACE & 1;
}

const oci::Namespace* find(const Namespaces& namespaces, oci::NamespaceType type) {
  const auto found = std::ranges::find(namespaces, type, &oci::Namespace::type);
  return found == namespaces.end() ? nullptr : &*found;
}

// By the configuration and not only as init is now: it may have gone to a user namespace of its own making, and others
// of the container have stayed.
bool has_own_users(const Container& container) {
  const Record& record = container.record();
  return find(record.namespaces, oci::NamespaceType::user) != nullptr &&
         launch::foreign_namespaces(record.init.pid, CLONE_NEWUSER) != 0;
}

bool has_private_pids(const Container& container) {
  const oci::Namespace* pids = find(container.record().namespaces, oci::NamespaceType::pid);
  return pids != nullptr && pids->path.empty();
}

Result<struct stat> try_stat(const std::string& path) {
  return sys::try_stat(sys::FdRef(sys::kCwd), path.c_str());
}

void mark(const Container& container) {
  const Result<sys::Fd> made = sys::try_open(container.dir().fd(), names::kPtraceMark, O_CREAT | O_WRONLY, 0600);
  if (!made && made.error() != ENOENT) throw Error(made.error(), "mark the container as traced"); // deleted meanwhile
}

void mark_all_in(const Home& home, const struct stat& pid_namespace) {
  for (const std::string& id : store::ids(home)) {
    try {
      const Container container = Container::open(home, id);
      Result<struct stat> its = try_stat(cat("/proc/", container.record().init.pid, "/ns/pid"));
      if (its && its->st_ino == pid_namespace.st_ino && its->st_dev == pid_namespace.st_dev) mark(container);
    } catch (const Error& error) {
      if (error.code() != 0) throw; // else it has no record: it is on its way in or out
    }
  }
}

} // namespace

bool may_be_traced(const Container& container, const oci::Process& configured) {
  // Of others in its pid namespace, which need not be in its user namespace.
  if (sys::try_stat(container.dir().fd(), names::kPtraceMark, AT_SYMLINK_NOFOLLOW)) return true;
  return !has_own_users(container) && (!has_private_pids(container) || holds_ptrace(configured));
}

void announce_tracer(const Home& home, const oci::Spec& spec) {
  if (!spec.linux_ || !spec.process || !holds_ptrace(*spec.process)) return;
  const Namespaces& namespaces = spec.linux_->namespaces;
  const oci::Namespace* pids = find(namespaces, oci::NamespaceType::pid);
  if (pids == nullptr || pids->path.empty() || find(namespaces, oci::NamespaceType::user) != nullptr) return;
  if (Result<struct stat> joined = try_stat(pids->path)) mark_all_in(home, *joined);
}

void announce_tracer(const Home& home, const Container& container, const oci::Process& process) {
  if (!holds_ptrace(process) || has_own_users(container)) return;
  if (has_private_pids(container)) return mark(container); // and whoever has joined it is careful anyway
  if (Result<struct stat> joined = try_stat(cat("/proc/", container.record().init.pid, "/ns/pid")))
    mark_all_in(home, *joined);
}

} // namespace skiff
