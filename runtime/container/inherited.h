// The descriptors that the caller passes on to the container.
#pragma once

#include <string>
#include <vector>

namespace skiff {

struct InheritedFds {
  unsigned count = 0;           // 3 .. 2 + count
  std::vector<std::string> env; // LISTEN_FDS and LISTEN_PID for the container: sd_listen_fds(3)
};

// Those of socket activation, if this process is meant, and `preserve_fds` more. A number that the caller has not
// really passed must not let one of ours into the container (I2): throws Error.
InheritedFds inherited_fds(int preserve_fds);

// Those of --preserve-fds alone, for `exec`.
InheritedFds preserved_fds(int preserve_fds);

} // namespace skiff
