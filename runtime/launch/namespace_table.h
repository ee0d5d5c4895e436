// The namespaces of Linux under their three names: namespaces(7).
#pragma once

#include <array>
#include <cstdint>

#include "oci-spec/linux.h"
#include "runtime/sys/uapi.h"

namespace skiff::launch {

struct NamespaceRow {
  oci::NamespaceType type;
  uint64_t flag;         // CLONE_NEW*
  const char* proc_name; // in /proc/PID/ns
};

inline constexpr std::array kNamespaceRows{
    NamespaceRow{oci::NamespaceType::mount, CLONE_NEWNS, "mnt"},
    NamespaceRow{oci::NamespaceType::pid, CLONE_NEWPID, "pid"},
    NamespaceRow{oci::NamespaceType::network, CLONE_NEWNET, "net"},
    NamespaceRow{oci::NamespaceType::uts, CLONE_NEWUTS, "uts"},
    NamespaceRow{oci::NamespaceType::ipc, CLONE_NEWIPC, "ipc"},
    NamespaceRow{oci::NamespaceType::user, CLONE_NEWUSER, "user"},
    NamespaceRow{oci::NamespaceType::cgroup, CLONE_NEWCGROUP, "cgroup"},
    NamespaceRow{oci::NamespaceType::time, CLONE_NEWTIME, "time"},
};

} // namespace skiff::launch
