// The spellings of the enums of linux.h.
#include "oci-spec/linux.h"

#include "oci-spec/linux_describe.h"

namespace oci {

namespace {

constexpr EnumName<NamespaceType> kNamespaceTypes[] = {
    {"mount", NamespaceType::mount},   {"pid", NamespaceType::pid},   {"network", NamespaceType::network},
    {"uts", NamespaceType::uts},       {"ipc", NamespaceType::ipc},   {"user", NamespaceType::user},
    {"cgroup", NamespaceType::cgroup}, {"time", NamespaceType::time},
};

// The schema has only four; runc and crun take the recursive ones too, and engines write those.
constexpr EnumName<RootfsPropagation> kRootfsPropagations[] = {
    {"", RootfsPropagation::unset},
    {"private", RootfsPropagation::private_},
    {"shared", RootfsPropagation::shared},
    {"slave", RootfsPropagation::slave},
    {"unbindable", RootfsPropagation::unbindable},
    {"rprivate", RootfsPropagation::rprivate},
    {"rshared", RootfsPropagation::rshared},
    {"rslave", RootfsPropagation::rslave},
    {"runbindable", RootfsPropagation::runbindable},
};

constexpr EnumName<SeccompAction> kSeccompActions[] = {
    {"SCMP_ACT_KILL", SeccompAction::kill},
    {"SCMP_ACT_KILL_PROCESS", SeccompAction::kill_process},
    {"SCMP_ACT_KILL_THREAD", SeccompAction::kill_thread},
    {"SCMP_ACT_TRAP", SeccompAction::trap},
    {"SCMP_ACT_ERRNO", SeccompAction::errno_},
    {"SCMP_ACT_TRACE", SeccompAction::trace},
    {"SCMP_ACT_ALLOW", SeccompAction::allow},
    {"SCMP_ACT_LOG", SeccompAction::log},
    {"SCMP_ACT_NOTIFY", SeccompAction::notify},
};

constexpr EnumName<SeccompOperator> kSeccompOperators[] = {
    {"SCMP_CMP_NE", SeccompOperator::ne},
    {"SCMP_CMP_LT", SeccompOperator::lt},
    {"SCMP_CMP_LE", SeccompOperator::le},
    {"SCMP_CMP_EQ", SeccompOperator::eq},
    {"SCMP_CMP_GE", SeccompOperator::ge},
    {"SCMP_CMP_GT", SeccompOperator::gt},
    {"SCMP_CMP_MASKED_EQ", SeccompOperator::masked_eq},
};

constexpr EnumName<MemoryPolicyMode> kMemoryPolicyModes[] = {
    {"MPOL_DEFAULT", MemoryPolicyMode::default_},
    {"MPOL_BIND", MemoryPolicyMode::bind},
    {"MPOL_INTERLEAVE", MemoryPolicyMode::interleave},
    {"MPOL_WEIGHTED_INTERLEAVE", MemoryPolicyMode::weighted_interleave},
    {"MPOL_PREFERRED", MemoryPolicyMode::preferred},
    {"MPOL_PREFERRED_MANY", MemoryPolicyMode::preferred_many},
    {"MPOL_LOCAL", MemoryPolicyMode::local},
};

constexpr EnumName<PersonalityDomain> kPersonalityDomains[] = {
    {"LINUX", PersonalityDomain::linux_},
    {"LINUX32", PersonalityDomain::linux32},
};

} // namespace

std::span<const EnumName<NamespaceType>> names_of(NamespaceType) {
  return kNamespaceTypes;
}
std::span<const EnumName<RootfsPropagation>> names_of(RootfsPropagation) {
  return kRootfsPropagations;
}
std::span<const EnumName<SeccompAction>> names_of(SeccompAction) {
  return kSeccompActions;
}
std::span<const EnumName<SeccompOperator>> names_of(SeccompOperator) {
  return kSeccompOperators;
}
std::span<const EnumName<MemoryPolicyMode>> names_of(MemoryPolicyMode) {
  return kMemoryPolicyModes;
}
std::span<const EnumName<PersonalityDomain>> names_of(PersonalityDomain) {
  return kPersonalityDomains;
}

std::string refusal(NamespaceType, std::string_view text) {
  return skiff::cat("namespace ", skiff::quote(text), " does not exist");
}

std::string refusal(RootfsPropagation, std::string_view text) {
  return skiff::cat("rootfsPropagation=", text, " is not supported");
}

std::string refusal(SeccompAction, std::string_view text) {
  return skiff::cat("string ", text, " is not a valid action for seccomp");
}

std::string refusal(SeccompOperator, std::string_view text) {
  return skiff::cat("string ", text, " is not a valid operator for seccomp");
}

std::string refusal(MemoryPolicyMode, std::string_view text) {
  return skiff::cat("invalid memory policy mode ", skiff::quote(text));
}

std::string refusal(PersonalityDomain, std::string_view text) {
  return skiff::cat("invalid personality domain ", text);
}

bool stands_for_absent(const json::Value& value, const Seccomp*) {
  if (value.kind() != json::Kind::object) return false;
  const auto empty = [&](std::string_view name) {
    const json::Value* member = value.find(name);
    return !member || member->kind() == json::Kind::null ||
           (member->kind() != json::Kind::object && member->items().empty() && member->text().empty() &&
            member->kind() != json::Kind::boolean);
  };
  return empty("defaultAction") && empty("syscalls");
}

} // namespace oci
