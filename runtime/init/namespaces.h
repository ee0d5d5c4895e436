// The namespaces that init must enter itself.
#pragma once

#include "runtime/launch/plan.h"
#include "runtime/launch/protocol.h"

namespace skiff::init {

// Waits for the id maps of a new user namespace, and becomes root in the user namespace, new or joined (I8).
void enter_user_namespace(const launch::InitPlan& plan, launch::ChildEnd& parent);

// A new cgroup namespace has the cgroup as its root in which it is made: so only when all hierarchies are joined.
void enter_cgroup_namespace(const launch::InitPlan& plan, launch::ChildEnd& parent);

} // namespace skiff::init
