// The descriptors that the caller passes on to the container.
#pragma once

#include <string>
#include <vector>

#include "runtime/container/store.h"

namespace skiff {

struct InheritedFds {
  unsigned count = 0;           // 3 .. 2 + count
  std::vector<std::string> env; // LISTEN_FDS and LISTEN_PID for the container: sd_listen_fds(3)
};

// Those of socket activation, if this process is meant, and `preserve_fds` more. Where the policy does not take them as
// told, a number that the caller has not really passed is refused: throws Error. None of ours would go to the container
// in its place (I2): those are close-on-exec.
InheritedFds inherited_fds(int preserve_fds, const Policy& policy);

// Those of --preserve-fds alone, for `exec`.
InheritedFds preserved_fds(int preserve_fds, const Policy& policy);

} // namespace skiff
