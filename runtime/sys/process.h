// Processes: clone3(2), pidfds, namespaces. The runtime is single-threaded (D11), which is what allows C++ between a
// clone and an exec.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

#include "runtime/base/result.h"
#include "runtime/sys/fd.h"

namespace skiff::sys {

// How a child ended: wait(2).
struct ExitStatus {
  int code = 0;   // exit code, when signal is 0
  int signal = 0; // the signal that ended it
  // As a shell reports it: 128 + signal.
  int shell_code() const noexcept { return signal != 0 ? 128 + signal : code; }
};

// A process that cannot be confused with another: pidfd_open(2).
class PidFd : public Fd {
public:
  using Fd::Fd;
  Result<void> try_signal(int signal) const;
  // Waits for the process, which must be a child, to end.
  Result<ExitStatus> try_wait() const;
  // As try_wait(), and nothing when it has not ended yet.
  Result<std::optional<ExitStatus>> try_poll() const;
  // A copy of the process's descriptor `number`: pidfd_getfd(2).
  Result<Fd> try_get_fd(int number) const;
};

Result<PidFd> try_pidfd(int pid);
// Waits until the process has ended (it may be anybody's child). False when `milliseconds` pass first; -1 = for ever.
bool wait_until_gone(const PidFd& process, int milliseconds);

// Field 22 and field 3 of /proc/PID/stat.
struct ProcessStat {
  char state = '?';
  uint64_t start_time = 0; // clock ticks since boot
};
Result<ProcessStat> try_process_stat(int pid);

struct CloneRequest {
  uint64_t flags = 0;            // CLONE_NEW*
  FdRef into_cgroup = FdRef(-1); // CLONE_INTO_CGROUP, if a descriptor
  bool sibling = false;          // a child of the caller's parent: CLONE_PARENT
};
struct Child {
  int pid = 0; // 0 in the child
  PidFd pidfd;
};

// clone3(2) in the manner of fork(2): a full copy, CLONE_PIDFD, SIGCHLD, signal handlers cleared. Returns twice.
Result<Child> try_clone(const CloneRequest& request);
// For a child that only holds something: sleeps until it is killed, and does not outlive `parent`, its parent's pid,
// even if that died before the child came here.
[[noreturn]] void hold_for(int parent);

Result<void> try_setns(FdRef ns, int type);
Result<void> try_unshare(int flags);
// Whether this process is in a user namespace other than the initial one: user_namespaces(7).
bool in_user_namespace();

} // namespace skiff::sys
