// Which namespaces are new and which are joined: config-linux.md, "Namespaces"; namespaces(7).
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>

#include "runtime/base/text.h"
#include "runtime/launch/idmap.h"
#include "runtime/launch/namespace_table.h"
#include "runtime/launch/plan_parts.h"
#include "runtime/sys/file.h"
#include "runtime/sys/uapi.h"

namespace skiff::launch {

namespace {

using Row = NamespaceRow;

const Row& row_of(oci::NamespaceType type) {
  for (const Row& row : kNamespaceRows)
    if (row.type == type) return row;
  throw Error("namespace type out of range");
}

JoinedNamespace open_namespace(const oci::Namespace& ns, const Row& row) {
  return in([&] { return cat("invalid namespace path ", quote(ns.path)); },
            [&] {
              sys::Fd fd = sys::open(ns.path, O_RDONLY);
              const int type = ::ioctl(fd.get(), NS_GET_NSTYPE);
              if (type < 0) throw Error("it is not a namespace");
              if (static_cast<uint64_t>(type) != row.flag)
                throw Error(cat("it is not a ", row.proc_name, " namespace"));
              return JoinedNamespace{type, std::move(fd), ns.path};
            });
}

// Joining what one is in already is an error for some types and a waste for all.
bool is_own(const JoinedNamespace& joined, const Row& row) {
  Result<struct stat> own = sys::try_stat(sys::FdRef(sys::kCwd), cat("/proc/self/ns/", row.proc_name).c_str());
  Result<struct stat> other = sys::try_stat(joined.fd);
  return own && other && own->st_ino == other->st_ino && own->st_dev == other->st_dev;
}

void add_new(InitPlan& plan, const Row& row) {
  switch (row.type) {
  case oci::NamespaceType::cgroup:
    plan.new_cgroup_ns = true;
    break; // after the cgroup is joined
  case oci::NamespaceType::time:
    plan.new_time_ns = true;
    break; // before anybody is in it
  default:
    plan.new_namespaces |= row.flag;
  }
}

} // namespace

void plan_namespaces(InitPlan& plan, const oci::Spec& spec) {
  plan.has_mount_ns = false;
  if (!spec.linux_) return;
  const oci::Linux& lin = *spec.linux_;
  for (const oci::Namespace& ns : lin.namespaces) {
    const Row& row = row_of(ns.type);
    if (ns.type == oci::NamespaceType::mount) plan.has_mount_ns = true;
    if (ns.path.empty()) {
      add_new(plan, row);
      continue;
    }
    JoinedNamespace joined = open_namespace(ns, row);
    if (is_own(joined, row)) continue;
    if (ns.type == oci::NamespaceType::user) {
      plan.joined_user = std::move(joined);
    } else {
      plan.joined.push_back(std::move(joined));
    }
  }
  plan.time_offsets = lin.time_offsets;
  if (plan.new_namespaces & CLONE_NEWUSER) {
    plan.uid_mappings = lin.uid_mappings;
    plan.gid_mappings = lin.gid_mappings;
    plan.may_set_groups = can_map_any_id();
  }
}

} // namespace skiff::launch
