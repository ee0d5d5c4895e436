// The container's session keyring: session-keyring(7).
#pragma once

#include "runtime/launch/plan.h"

namespace skiff::init {

// A new session keyring, so that the engine's keys stay the engine's. Nothing on kernels without keyrings.
void join_session_keyring(const launch::ProcessPlan& process);

} // namespace skiff::init
