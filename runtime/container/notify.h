// READY=1 of the container's program, passed on to the one who waits for it: sd_notify(3).
#pragma once

#include <string>

#include "oci-spec/spec.h"
#include "runtime/container/store.h"
#include "runtime/sys/process.h"

namespace skiff {

// A socket of our own stands in the state directory, and a read-only bind of its directory in the container: the
// container never reaches the real one.
class NotifySocket {
public:
  // Is there somebody to be told ($NOTIFY_SOCKET)?
  static bool is_wanted();
  // Makes the directory and puts mount and variable into the specification.
  static void prepare(const StateDir& dir, const Policy& policy, oci::Spec& spec);
  // Whether that was done for the container, and the mount that it has put there.
  static bool was_prepared(const StateDir& dir);
  static oci::Mount mount(const StateDir& dir, const Policy& policy);

  // Binds the socket in the directory. Throws Error.
  NotifySocket(const StateDir& dir, const Policy& policy);
  sys::FdRef fd() const { return socket_; }
  // Reads one message; true when it said READY=1, which is then told on, with MAINPID. A manager that cannot be told is
  // warned of.
  bool relay(int pid);
  // relay() until it is ready or the process has ended. The manager must have read the message before this process
  // ends, or it could not tell whose it was: it is given half a minute for that.
  void wait(const sys::PidFd& process, int pid);

private:
  sys::Fd socket_;
  sys::PipeReader barrier_; // closed at the other end when the manager has handled what was sent
};

} // namespace skiff
