// What `exec` does in a container that is there: the process part of a start, and the namespaces to enter. Everything
// is decided before the child exists, as with InitPlan.
#pragma once

#include <optional>
#include <string>

#include "runtime/launch/plan.h"
#include "runtime/sys/process.h"

namespace skiff::launch {

struct ExecPlan {
  ProcessPlan process;
  sys::PidFd init;     // the container's first process, whose namespaces are entered
  uint64_t joined = 0; // CLONE_NEW*: exactly those of init's namespaces that are not the runtime's own
  bool may_set_groups = true;
  sys::Fd root; // where init has no mount namespace of its own, only another root
  std::optional<oci::Personality> personality;
  std::optional<oci::MemoryPolicy> memory_policy;
  sys::Fd stub; // the sealed last stage
};

struct ExecRequest {
  std::string id;
  std::string rootfs; // of the container, on the host
  int init_pid = 0;
  bool new_keyring = true;
  unsigned preserve_fds = 0;
  bool listens_always = false; // a seccomp listener even where no rule notifies
  std::string seccomp_cache;   // directory; empty = none
};

// The namespaces of process `pid`, `among` these, that are not the caller's own, as CLONE_NEW* bits. Throws Error when
// the process is gone.
uint64_t foreign_namespaces(int pid, uint64_t among = ~uint64_t{0});

// `spec`: the container's configuration. `process`: what is to be run in it. `init`: verified to be the container's
// first process by the caller. Throws Error.
ExecPlan plan_exec(const oci::Spec& spec, const oci::Process& process, sys::PidFd init, const ExecRequest& request);

} // namespace skiff::launch
