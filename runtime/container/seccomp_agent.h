// The agent that answers SCMP_ACT_NOTIFY: config-linux.md, "Seccomp", listenerPath.
#pragma once

#include <string_view>

#include "oci-spec/linux.h"
#include "oci-spec/state.h"
#include "runtime/sys/fd.h"

namespace skiff {

// Sends the listener and the container process state, as of this `version`, to the profile's listenerPath. Throws
// Error.
void send_to_agent(const oci::Seccomp& profile, const oci::State& state, int pid, sys::FdRef listener,
                   std::string_view version);

} // namespace skiff
