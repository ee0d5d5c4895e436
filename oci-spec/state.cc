// Reading and writing the state documents.
#include "oci-spec/state.h"

#include "oci-spec/state_describe.h"

namespace oci {

namespace {

// "paused" is not in the specification's list, which lets runtimes add to it; runc and crun both say so.
constexpr EnumName<Status> kStatuses[] = {
    {"creating", Status::creating}, {"created", Status::created}, {"running", Status::running},
    {"paused", Status::paused},     {"stopped", Status::stopped},
};

} // namespace

std::span<const EnumName<Status>> names_of(Status) {
  return kStatuses;
}

std::string_view to_string(Status status) {
  return to_text(status);
}

std::string to_json(const State& state, Indent indent) {
  return json::print(state, indent);
}
std::string to_json(const ContainerProcessState& state, Indent indent) {
  return json::print(state, indent);
}
State parse_state(std::string_view json, std::string_view file) {
  return json::read<State>(json, file);
}

} // namespace oci
