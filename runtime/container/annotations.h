// Annotations that change how a container is made: crun's, which engines and users rely on. skiff(8) describes them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "hooks/runner.h"
#include "oci-spec/spec.h"
#include "runtime/launch/plan.h"

namespace skiff::annotations {

using Annotations = std::map<std::string, std::string>;

// linux.seccomp.listenerPath, where there is none: run.oci.seccomp.receiver, or else $RUN_OCI_SECCOMP_RECEIVER. Throws
// Error.
void set_receiver(oci::Spec& spec);

// Changes that are made to the specification itself, before the plan: set_receiver(). Refuses what
// run.oci.seccomp_fail_unknown_syscall forbids. Throws Error.
void apply(oci::Spec& spec);

// Changes to the plan: run.oci.keep_original_groups, run.oci.mount_context_type, and run.oci.hooks.stdout and stderr
// for the hooks that init runs. Throws Error.
void apply(const Annotations& annotations, launch::InitPlan& plan);

// run.oci.systemd.subgroup and run.oci.delegate-cgroup: cgroups below others, as relative paths. None where there is no
// such annotation; an empty one is for none to be made. Throws Error for a path with "..".
std::optional<std::string> systemd_subgroup(const Annotations& annotations);
std::string delegate_cgroup(const Annotations& annotations);

// Where a pidfd of the first process is to be sent: run.oci.pidfd_receiver. Empty = nowhere.
std::string pidfd_receiver(const Annotations& annotations);

// run.oci.hooks.stdout and run.oci.hooks.stderr: files for what hooks write, opened to append and made if missing.
struct HookFiles {
  sys::Fd out, err; // empty = the end of what they write is kept for the error
};
HookFiles open_hook_files(const Annotations& annotations); // throws

} // namespace skiff::annotations
