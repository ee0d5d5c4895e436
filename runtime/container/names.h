// What the parts of container/ must agree on: names in the state directory, and the cgroup that a configuration means.
#pragma once

#include <string>

#include "oci-spec/spec.h"
#include "runtime/cgroups/cgroups.h"
#include "runtime/container/store.h"
#include "runtime/launch/plan.h"

namespace skiff::names {

inline constexpr const char* kConfig = "config.json";
// The exec FIFO: under the first name the container is being created, under the second it waits for `start`. `run` has
// no use for a FIFO, and its containers only have the first.
inline constexpr const char* kCreatingFifo = ".exec.fifo";
inline constexpr const char* kFifo = "exec.fifo";

// There since a process that came later into the container, or into its pid namespace, may hold CAP_SYS_PTRACE.
inline constexpr const char* kPtraceMark = "ptrace";

cgroups::Request cgroup_request(const Home& home, const std::string& id, const oci::Spec& spec);

// The words for a failure that the stub could only number: the payload of its Failed frame.
std::string stub_failure(const std::string& payload, const launch::ProcessPlan& process);

} // namespace skiff::names
