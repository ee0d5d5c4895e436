// "tmpcopyup": a tmpfs that starts with what the image has at its place.
#pragma once

#include "runtime/sys/fd.h"

namespace skiff::init {

// Copies all below directory `from` into directory `to`: files, directories, symlinks and nodes, with owner, mode and
// times; not past other mounts. Everything by descriptor, no symlink followed. Throws Error.
void copy_tree(sys::FdRef from, sys::FdRef to);

} // namespace skiff::init
