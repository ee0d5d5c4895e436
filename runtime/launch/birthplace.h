// Where a container is born: the runtime puts itself, for one clone, into the namespaces that its child is to have, and
// goes back. So a child never passes through the host's, and no process is needed in between (D2).
#pragma once

#include <vector>

#include "runtime/launch/plan.h"

namespace skiff::launch {

class Birthplace {
public:
  // Enters the joined namespaces of the plan, a new time namespace (for children only), and `mount_ns` or the joined
  // mount namespace. Throws Error, and is back then.
  Birthplace(const InitPlan& plan, sys::FdRef mount_ns);
  Birthplace(const Birthplace&) = delete;
  Birthplace& operator=(const Birthplace&) = delete;
  ~Birthplace();

  // Back to the runtime's own namespaces, root and current directory. Throws Error.
  void leave();

private:
  void enter(const InitPlan& plan, sys::FdRef mount_ns);

  struct Own {
    int type;
    sys::Fd ns;
  };
  std::vector<Own> own_; // in the order of entering
  sys::Fd root_, cwd_;   // with a mount namespace only: setns(2) moves both
};

// This process's own file of time offsets, where the plan has some. To be opened with the rights of the runtime's user:
// later it may be closed to root of the container's user namespace.
sys::Fd open_time_offsets(const InitPlan& plan);

// Enters the joined and makes the new namespaces in this process, which has no way back and needs none. `time_offsets`
// as above. Throws Error.
void join_for_good(const InitPlan& plan, sys::FdRef time_offsets);

} // namespace skiff::launch
