// User namespaces and their id maps: user_namespaces(7).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "oci-spec/linux.h"
#include "runtime/sys/fd.h"

namespace skiff::launch {

using IdMaps = std::vector<oci::IdMapping>;

// May this process write maps of its choice, and keep setgroups(2)? Not without CAP_SETUID and CAP_SETGID.
bool can_map_any_id();

// The id outside of what is `id` in the user namespace. Throws Error where the maps have none for it.
uint32_t host_id(uint32_t id, const IdMaps& maps);

// Writes /proc/PID/uid_map and gid_map of a process that is in a new user namespace. Without the right to map any id it
// goes through newuidmap(1) and newgidmap(1), or maps the caller's own id alone. Throws Error.
void write_id_maps(int pid, const IdMaps& uids, const IdMaps& gids);

// The mappings of crun's mount option "idmap=uids=0-1-10#10-11-10;gids=0-100-10": ranges of an id in the file system,
// the id that it appears as, and their number. Behind "@" the second is an id of the container, which `uids` and `gids`
// map.
struct CustomMaps {
  IdMaps uids, gids;
};
CustomMaps parse_id_map(std::string_view text, const IdMaps& uids, const IdMaps& gids); // throws

// A user namespace with nobody in it, to give to an idmapped mount: mount_setattr(2), MOUNT_ATTR_IDMAP. Throws Error.
sys::Fd make_user_namespace(const IdMaps& uids, const IdMaps& gids);

// Whether setgroups(2) works in the user namespace of the process: it is lost for ever in one that an unprivileged user
// has mapped (user_namespaces(7)).
bool may_set_groups(int pid);

} // namespace skiff::launch
