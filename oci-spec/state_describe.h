// The fields of state.h (see json/bind.h).
#pragma once

#include "oci-spec/json/bind.h"
#include "oci-spec/state.h"

namespace oci {

std::span<const EnumName<Status>> names_of(Status);

template <class V> void describe(V& v, State& s) {
  v.required("ociVersion", s.oci_version);
  v.required("id", s.id);
  v.required("status", s.status);
  v.optional("pid", s.pid);
  v.required("bundle", s.bundle);
  v.optional("annotations", s.annotations);
}

template <class V> void describe(V& v, ContainerProcessState& s) {
  v.required("ociVersion", s.oci_version);
  v.required("fds", s.fds);
  v.required("pid", s.pid);
  v.optional("metadata", s.metadata);
  v.required("state", s.state);
}

} // namespace oci
