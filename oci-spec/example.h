// The documents that `skiff spec` writes.
#pragma once

#include "oci-spec/spec.h"

namespace oci {

enum class ExampleKind { rootful, rootless };

// As `runc spec` and `runc spec --rootless`. `uid` and `gid` are the caller's, mapped to 0 in the rootless form.
Spec example(ExampleKind kind, uint32_t uid = 0, uint32_t gid = 0);

} // namespace oci
