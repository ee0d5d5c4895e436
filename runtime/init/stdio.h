// Standard input, output and error as the program gets them.
#pragma once

#include <sys/types.h>

#include <optional>

#include "runtime/sys/path.h"

namespace skiff::init {

// An O_PATH reference to the container's /dev/null, verified to be that device. Throws Error.
sys::Fd verified_null(const sys::RootDir& root);

// The engine's /dev/null among the three is the host's: exchanged for the container's own.
void reopen_null(const sys::RootDir& root);

// Makes pipes, files and the terminal among the three the user's, so that /dev/stdout can be opened again. Never a
// device: the host's /dev/null is shared by all. Without `group` theirs stays, which for a terminal is tty.
void give_stdio_to(uid_t uid, std::optional<gid_t> group);

} // namespace skiff::init
