// Mounts that come and go while the container runs: crun's `mounts add` and `mounts remove`.
#pragma once

#include <string>

#include "runtime/container/store.h"

namespace skiff {

// `file` holds an array of mounts as in config.json. The runtime opens the sources of bind mounts; a process in the
// container's mount namespace attaches them. Throws Error; the mounts before the one that failed stay.
void add_mounts(const Home& home, const std::string& id, const std::string& file);
// Detaches what is mounted at the destinations, the last one first. Throws Error.
void remove_mounts(const Home& home, const std::string& id, const std::string& file);

} // namespace skiff
