// The state document: runtime-spec v1.3.0, runtime.md, "State", and config-linux.md, "The Container Process State".
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "oci-spec/spec.h"

namespace oci {

enum class Status { creating, created, running, paused, stopped };

std::string_view to_string(Status status);

// What hooks get on stdin.
struct State {
  std::string oci_version{kSpecVersion};
  std::string id;
  Status status = Status::creating;
  int pid = 0; // 0 = absent
  std::string bundle;
  std::map<std::string, std::string> annotations;
};

// What the seccomp agent gets with the notify descriptors.
struct ContainerProcessState {
  std::string oci_version{kSpecVersion};
  std::vector<std::string> fds; // "seccompFd"
  int pid = 0;
  std::string metadata;
  State state;
};

std::string to_json(const State& state, Indent indent = Indent::none);
std::string to_json(const ContainerProcessState& state, Indent indent = Indent::none);
// Throws SpecError.
State parse_state(std::string_view json, std::string_view file);

} // namespace oci
