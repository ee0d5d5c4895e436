// `restore`: a container from the images of a checkpoint, by criu(8).
#pragma once

#include "runtime/checkpoint/options.h"
#include "runtime/container/store.h"

namespace skiff::checkpoint {

// Without `detach` it waits. Returns the exit status of `skiff restore`. Throws Error, and leaves nothing behind then.
int restore(const Home& home, const RestoreOptions& options);

} // namespace skiff::checkpoint
