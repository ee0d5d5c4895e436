// The parts of plan_init, one file each.
#pragma once

#include "runtime/launch/bind.h"
#include "runtime/launch/plan.h"

namespace skiff::launch {

// Namespaces to make and to join, id maps (plan_namespaces.cc).
void plan_namespaces(InitPlan& plan, const oci::Spec& spec);
// The program and its rights; of `spec` the cpuset (plan_process.cc).
ProcessPlan plan_process(const oci::Process& process, const oci::Spec& spec);
// The compiled profile; through the cache in that directory, if there is one (plan_process.cc).
security::SeccompFilter plan_seccomp(const oci::Seccomp& profile, const std::string& cache, bool listens_always);
// One mount (plan_mounts.cc). Of `plan` it needs the namespaces and the root; of `request` the bundle.
PlannedMount plan_mount(const oci::Mount& mount, const InitPlan& plan, const PlanRequest& request);
// Opens its source if it is a bind; of `plan` it needs the namespaces, their id mappings, the propagation, and the
// mounts before it (plan_mounts.cc). Throws Error.
void open_source(PlannedMount& planned, const oci::Mount& mount, const InitPlan& plan, MountNamespaceFiles& files);
// The root and all mounts (plan_mounts.cc).
void plan_rootfs(InitPlan& plan, const oci::Spec& spec, const PlanRequest& request);
// Whether what failed so is left to init: without rights over the host's mounts only it may open them, in a copy that
// belongs to its user namespace (plan_mounts.cc).
bool is_left_to_init(const InitPlan& plan, int error);
// The nodes in /dev (plan_devices.cc).
void plan_devices(InitPlan& plan, const oci::Spec& spec);

} // namespace skiff::launch
