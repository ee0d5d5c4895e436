// Reading and writing config.json, the process document and the resources document.
#include "oci-spec/spec.h"

#include "oci-spec/spec_describe.h"

namespace oci {

namespace {

constexpr EnumName<SchedulerPolicy> kSchedulerPolicies[] = {
    {"SCHED_OTHER", SchedulerPolicy::other},
    {"SCHED_FIFO", SchedulerPolicy::fifo},
    {"SCHED_RR", SchedulerPolicy::rr},
    {"SCHED_BATCH", SchedulerPolicy::batch},
    {"SCHED_ISO", SchedulerPolicy::iso},
    {"SCHED_IDLE", SchedulerPolicy::idle},
    {"SCHED_DEADLINE", SchedulerPolicy::deadline},
};

constexpr EnumName<IoPriorityClass> kIoPriorityClasses[] = {
    {"IOPRIO_CLASS_RT", IoPriorityClass::rt},
    {"IOPRIO_CLASS_BE", IoPriorityClass::be},
    {"IOPRIO_CLASS_IDLE", IoPriorityClass::idle},
};

} // namespace

std::span<const EnumName<SchedulerPolicy>> names_of(SchedulerPolicy) {
  return kSchedulerPolicies;
}
std::span<const EnumName<IoPriorityClass>> names_of(IoPriorityClass) {
  return kIoPriorityClasses;
}

std::string refusal(SchedulerPolicy, std::string_view text) {
  if (text.empty()) return "scheduler policy is required";
  return skiff::cat("invalid scheduler policy: ", text);
}

std::string refusal(IoPriorityClass, std::string_view text) {
  return skiff::cat("invalid ioPriority.Class: ", skiff::quote(text));
}

Spec parse_spec(std::string_view json, std::string_view file) {
  return json::read<Spec>(json, file);
}
Process parse_process(std::string_view json, std::string_view file) {
  return json::read<Process>(json, file);
}
Resources parse_resources(std::string_view json, std::string_view file) {
  return json::read<Resources>(json, file);
}

std::string to_json(const Spec& spec, Indent indent) {
  return json::print(spec, indent);
}
std::string to_json(const Process& process, Indent indent) {
  return json::print(process, indent);
}
std::string to_json(const Resources& resources, Indent indent) {
  return json::print(resources, indent);
}

} // namespace oci
