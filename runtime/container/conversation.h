// What `create`, `run` and `exec` have in common in their conversation with the new process: launch/protocol.h.
#pragma once

#include "runtime/launch/plan.h"
#include "runtime/launch/protocol.h"
#include "runtime/launch/spawn.h"

namespace skiff {

// The descriptor that the Listener message names. Throws Error.
sys::Fd take_listener(const launch::Spawned& process, const launch::Message& message);

enum class Go { to_send, sent };

// Lets the program begin, and waits until execve has succeeded: the process's end of the socket is close-on-exec.
// Throws Error in runc's words.
void start_program(launch::Spawned& process, const launch::ProcessPlan& plan, Go go);

} // namespace skiff
