// What init must not inherit from the process that the engine started.
#pragma once

namespace skiff::init {

// PDEATHSIG = KILL, until the stub's ids change (I7): a killed runtime leaves no half container.
void die_with_parent();
// The end of that, when the container may outlive the runtime.
void outlive_parent();

// Signals as a fresh process has them; a session of its own; all descriptors but stdio and the `kept_fds` after it are
// close-on-exec (I2), also those that the engine has leaked; umask 0, so that modes are those that are asked for.
void forget_surroundings(unsigned kept_fds);

} // namespace skiff::init
