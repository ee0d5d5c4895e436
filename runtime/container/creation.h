// How a container comes into being, up to the point where its program waits for `start`.
#pragma once

#include <memory>
#include <optional>

#include "oci-spec/spec.h"
#include "runtime/cgroups/cgroups.h"
#include "runtime/container/container.h"
#include "runtime/container/conversation.h"
#include "runtime/launch/plan.h"
#include "runtime/launch/spawn.h"

namespace skiff {

// A container whose program waits: the result of creation, and what `run` goes on with.
struct Created {
  StateDir dir; // locked
  Record record;
  launch::Spawned init;
  launch::ProcessPlan process;
  Go go = Go::to_send;
  sys::Fd console; // master of the terminal, where no console socket has got it
  std::unique_ptr<cgroups::Manager> cgroup;
};

enum class Terminal { to_socket, to_caller }; // who gets the master of process.terminal

struct CreationRequest {
  const Home& home;
  const CreateOptions& options;
  launch::StartBy start_by = launch::StartBy::fifo;
  Terminal terminal = Terminal::to_socket;
};

// runtime.md, "Lifecycle", steps 1 to 5. Throws Error; then nothing is left, and the poststop hooks have run if others
// had.
Created create_container(const CreationRequest& request);

// What undoes a creation, or ends a container: kills what is left in it, removes cgroup and state, runs the poststop
// hooks. Throws Error.
void destroy_container(const Record& record, cgroups::Manager& cgroup, StateDir& dir, const Policy& policy);

} // namespace skiff
