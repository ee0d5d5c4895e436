// What dump and restore must agree on, with runc too: the names under which the images know what is not in them.
#pragma once

#include <array>

#include "oci-spec/linux.h"

namespace skiff::checkpoint {

// In the images' directory: an array with the names of the standard streams' files.
inline constexpr const char* kDescriptors = "descriptors.json";

// A type of namespace that criu can leave alone.
struct ExternalNamespace {
  oci::NamespaceType type;
  const char* name; // criu's
  const char* key;
  int least_version; // of criu
};

inline constexpr std::array kExternalNamespaces{
    ExternalNamespace{oci::NamespaceType::network, "net", "extRootNetNS", 31100},
    ExternalNamespace{oci::NamespaceType::pid, "pid", "extRootPidNS", 31500},
};

// Null for the other types.
constexpr const ExternalNamespace* external_namespace(oci::NamespaceType type) {
  for (const ExternalNamespace& row : kExternalNamespaces)
    if (row.type == type) return &row;
  return nullptr;
}

} // namespace skiff::checkpoint
