// The documents that `skiff spec` writes.
#pragma once

#include "oci-spec/spec.h"

namespace oci {

enum class ExampleKind { rootful, rootless };
// Only where cgroup v2 is alone on the host, the example has a cgroup namespace.
enum class HostCgroups { v1, v2 };

// As `runc spec` and `runc spec --rootless`. `uid` and `gid` are the caller's, mapped to 0 in the rootless form.
Spec example(ExampleKind kind, uint32_t uid = 0, uint32_t gid = 0, HostCgroups cgroups = HostCgroups::v1);

} // namespace oci
