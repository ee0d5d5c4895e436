// A new mount of a file system, with its options: fsopen(2).
#pragma once

#include <string>
#include <vector>

#include "runtime/launch/plan.h"
#include "runtime/sys/mount.h"

namespace skiff::init {

// Gives the options of `data`, each of which may be several, to the file system. Throws Error as make_filesystem().
void set_data(sys::FsContext& context, const std::vector<std::string>& data);

// Gives a tmpfs the permissions of the directory that it will cover, unless its options say otherwise.
void keep_mode(launch::MountOptions& options, mode_t directory);

// Detached. Throws Error with what the file system itself says.
sys::MountFd make_filesystem(const launch::PlannedMount& mount, const launch::MountLabel& label);

// Whether an option, or the source, is longer than the newer calls take: overlay's lowerdir= often is.
bool needs_old_mount(const launch::PlannedMount& mount);
// Mounts such a file system on the directory `target` by mount(2). Throws Error.
void mount_in_place(const launch::PlannedMount& mount, sys::FdRef target, const launch::MountLabel& label);

// An empty read-only tmpfs, to cover a directory with. Throws Error.
sys::MountFd make_empty_directory(const std::string& label);

} // namespace skiff::init
