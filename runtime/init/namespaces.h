// The namespaces that init must enter itself.
#pragma once

#include "runtime/launch/plan.h"
#include "runtime/launch/protocol.h"

namespace skiff::init {

// Root of the user namespace that this process has just entered. The change of ids resets what I7 asks for, so that is
// done again. Throws Error.
void become_root(bool may_set_groups);

// Waits for the id maps of a new user namespace, and becomes root in the user namespace, new or joined (I8).
void enter_user_namespace(const launch::InitPlan& plan, launch::ChildEnd& parent);

// Those of CLONE_NEW* that init is not born in: an ipc namespace gives the root of its mqueue to whoever makes it, and
// at the clone nobody is mapped yet into a new user namespace.
uint64_t made_by_init(const launch::InitPlan& plan);
void enter_ipc_namespace(const launch::InitPlan& plan);

// A new cgroup namespace has the cgroup as its root in which it is made: so only when all hierarchies are joined.
void enter_cgroup_namespace(const launch::InitPlan& plan, launch::ChildEnd& parent);

} // namespace skiff::init
