// Who we are to a bus.
#pragma once

#include <sys/types.h>

namespace skiff::cgroups {

// While it lives, libdbus takes this process's user for the one that the outside of our user namespace knows. A bus
// compares what we claim with what the kernel says of us (SASL EXTERNAL), and libdbus always claims geteuid(2), which
// in a user namespace is another number ("0" in podman's).
class OutsideIdentity {
public:
  OutsideIdentity();
  OutsideIdentity(const OutsideIdentity&) = delete;
  OutsideIdentity& operator=(const OutsideIdentity&) = delete;
  ~OutsideIdentity();
};

// `id` as the parent user namespace has it, by the text of /proc/self/uid_map; the same where it is not mapped.
uid_t outside_id(uid_t id, const char* uid_map);

} // namespace skiff::cgroups
