// `checkpoint`: a container's processes into a directory of images, by criu(8).
#pragma once

#include <string>

#include "runtime/checkpoint/options.h"
#include "runtime/container/store.h"

namespace skiff::checkpoint {

// Removes the container afterwards, unless it is to go on. Throws Error; then it goes on.
void dump(const Home& home, const std::string& id, const DumpOptions& options);

} // namespace skiff::checkpoint
