// Runs the hooks of a moment.
#pragma once

#include "hooks/moment.h"
#include "hooks/runner.h"
#include "oci-spec/state.h"

namespace skiff::hooks {

// All hooks of the moment in order, each with `state` on its standard input, and the status of the table, if that has
// one. The first that fails ends it: throws Error "error running MOMENT hook #N: ...". Where a failure is only a
// warning (poststop) it is logged, and the others follow. Does nothing, not even make the text of the state, without
// hooks.
void run(Moment moment, const oci::Hooks& hooks, oci::State state, const Surroundings& surroundings);

} // namespace skiff::hooks
