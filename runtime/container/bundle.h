// What a container is made from, and the marks it gets when that is done.
#pragma once

#include <string>
#include <vector>

#include "oci-spec/spec.h"

namespace skiff {

// RFC 3339 with nanoseconds, UTC.
std::string now();

// Goes to the directory of the bundle (empty = stays) and returns its absolute path. Throws Error.
std::string enter_bundle(const std::string& bundle);

// The text of the configuration, `path` being relative to the current directory. Throws Error.
std::string read_config(const std::string& path);

// A user namespace of which the configuration maps nobody: as crun has it, its root is the caller.
void map_caller(oci::Spec& spec);

// This process's standard streams as far as they are pipes, "pipe:[INODE]", the others being empty; nothing if none is
// one. They are the container's, and a restore puts others in their place.
std::vector<std::string> pipes_of_streams();

} // namespace skiff
