// The fields of hooks.h (see json/bind.h).
#pragma once

#include "oci-spec/hooks.h"
#include "oci-spec/json/bind.h"

namespace oci {

template <class V> void describe(V& v, Hook& h) {
  v.required("path", h.path);
  v.optional("args", h.args);
  v.optional("env", h.env);
  v.optional("timeout", h.timeout);
}

template <class V> void describe(V& v, Hooks& h) {
  v.optional("prestart", h.prestart);
  v.optional("createRuntime", h.create_runtime);
  v.optional("createContainer", h.create_container);
  v.optional("startContainer", h.start_container);
  v.optional("poststart", h.poststart);
  v.optional("poststop", h.poststop);
}

} // namespace oci
