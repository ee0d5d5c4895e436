// A new network namespace costs the kernel as much time as all the rest of a clone, and an IPC namespace a good part of
// that (Linux 6.18: 0.45 and 0.08 ms). So they are made beside the runtime, while it still plans: it needs a second
// processor at that time, and nothing else.
#pragma once

#include <memory>

#include "oci-spec/spec.h"
#include "runtime/launch/plan.h"

namespace skiff::launch {

class EarlyNamespaces {
public:
  // Starts a task that makes what the specification has of them, the network with its loopback up. Not with a user
  // namespace, to which they would have to belong.
  explicit EarlyNamespaces(const oci::Spec& spec);
  EarlyNamespaces(const EarlyNamespaces&) = delete;
  EarlyNamespaces& operator=(const EarlyNamespaces&) = delete;
  ~EarlyNamespaces();

  // Waits for the task. Nothing where it was refused: the clone makes them then, and says why it cannot.
  std::vector<JoinedNamespace> take();

private:
  struct Task;
  std::unique_ptr<Task> task_;
  int pid_ = -1; // of the task, until it is waited for
};

} // namespace skiff::launch
