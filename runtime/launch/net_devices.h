// Network interfaces that the container takes over: config-linux.md, "Network Devices".
#pragma once

#include <map>
#include <string>

#include "oci-spec/linux.h"
#include "runtime/sys/fd.h"

namespace skiff::launch {

// Moves each interface from the caller's network namespace into another, under its new name, with its permanent global
// addresses, and up. Throws Error; the interface that failed is then as it was, if it has not left.
void move_net_devices(const std::map<std::string, oci::NetDevice>& devices, sys::FdRef network_namespace);

} // namespace skiff::launch
