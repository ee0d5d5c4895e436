// A terminal for the container: runtime.md, "Create"; config.md, process.terminal.
#pragma once

#include "runtime/launch/plan.h"
#include "runtime/launch/protocol.h"

namespace skiff::init {

enum class Console { mount, leave }; // exec has no /dev/console of its own

// Makes a pty in the container's devpts, sends its master to the runtime, and makes the slave standard input, output
// and error, the controlling terminal, and /dev/console. Call after the pivot.
void attach_terminal(const launch::ProcessPlan& process, launch::ChildEnd& parent, Console console);

} // namespace skiff::init
