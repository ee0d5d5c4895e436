// User namespaces and their id maps: user_namespaces(7).
#pragma once

#include <vector>

#include "oci-spec/linux.h"
#include "runtime/sys/fd.h"

namespace skiff::launch {

using IdMaps = std::vector<oci::IdMapping>;

// May this process write maps of its choice, and keep setgroups(2)? Not without CAP_SETUID and CAP_SETGID.
bool can_map_any_id();

// Writes /proc/PID/uid_map and gid_map of a process that is in a new user namespace. Without the right to map any id it
// goes through newuidmap(1) and newgidmap(1), or maps the caller's own id alone. Throws Error.
void write_id_maps(int pid, const IdMaps& uids, const IdMaps& gids);

// A user namespace with nobody in it, to give to an idmapped mount: mount_setattr(2), MOUNT_ATTR_IDMAP. Throws Error.
sys::Fd make_user_namespace(const IdMaps& uids, const IdMaps& gids);

// Is this process in a user namespace other than the initial one?
bool in_user_namespace();

} // namespace skiff::launch
