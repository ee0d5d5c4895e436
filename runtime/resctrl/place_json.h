// A resctrl::Place in JSON.
#pragma once

#include "oci-spec/json/bind.h"
#include "runtime/resctrl/resctrl.h"

namespace skiff::resctrl {

template <class V> void describe(V& v, Place& place) {
  v.optional("joined", place.joined);
  v.optional("group", place.group);
  v.optional("monitoring", place.monitoring);
}

} // namespace skiff::resctrl
