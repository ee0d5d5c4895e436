// Place as JSON: what state.json remembers of a container's cgroup. See oci-spec/json/bind.h.
#pragma once

#include "oci-spec/json/bind.h"
#include "runtime/cgroups/cgroups.h"

namespace skiff::cgroups {

template <class V> void describe(V& v, Place& place) {
  v.optional("unified", place.unified);
  v.optional("legacy", place.legacy);
  v.optional("unit", place.unit);
  v.optional("userSystemd", place.user_systemd);
}

} // namespace skiff::cgroups
