// Nodes and links in the container's /dev: config-linux.md, "Default Devices" and "Devices"; runtime-linux.md, "Dev
// symbolic links".
#pragma once

#include "runtime/launch/plan.h"
#include "runtime/sys/path.h"

namespace skiff::init {

// mknod(2), or a node of outside bound in. What is there already stays.
void make_devices(const sys::RootDir& root, std::vector<launch::PlannedDevice>& devices);

// /dev/fd, stdin, stdout, stderr, core, and ptmx.
void make_dev_links(const sys::RootDir& root);

} // namespace skiff::init
