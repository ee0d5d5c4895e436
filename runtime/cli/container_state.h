// A container as `state` and `list` print it.
#pragma once

#include <map>
#include <string>

#include "oci-spec/json/write.h"
#include "runtime/container/container.h"

namespace skiff::cli {

struct ContainerState {
  std::string oci_version;
  std::string id;
  int pid = 0; // 0 = no process any more
  std::string status;
  std::string bundle;
  std::string rootfs;
  std::string created; // RFC 3339
  std::map<std::string, std::string> annotations;
  std::string owner; // only `list` knows it
};

// Throws Error.
ContainerState describe(const Container& container);
// As one value, with runc's keys in runc's order.
void write(oci::json::Writer& writer, const ContainerState& state);

} // namespace skiff::cli
