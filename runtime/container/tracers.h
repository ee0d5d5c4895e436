// I1, CVE-2019-5736: who may look into the runtime's own processes while they join a container.
#pragma once

#include "oci-spec/spec.h"
#include "runtime/container/container.h"

namespace skiff {

// Whether a process in the container's pid namespace may trace those that `exec` brings there. It could open their
// image, which is the runtime's file. `configured`: the process of the container's configuration.
bool may_be_traced(const Container& container, const oci::Process& configured);

// Before a process comes that may trace others, in a new container or by `exec`: takes it down for may_be_traced() of
// all containers in the same pid namespace. Throws Error.
void announce_tracer(const Home& home, const oci::Spec& spec);
void announce_tracer(const Home& home, const Container& container, const oci::Process& process);

} // namespace skiff
