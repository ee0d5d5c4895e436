// When hooks run: runtime-spec v1.3.0, config.md, "POSIX-platform Hooks", and runtime.md, "Lifecycle".
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "oci-spec/hooks.h"
#include "oci-spec/state.h"

namespace skiff::hooks {

// By their names in config.json.
enum class Moment { prestart, createRuntime, createContainer, startContainer, poststart, poststop };

// The process that runs the hooks: what the engine started, or the container's first process before its program.
enum class Runner { runtime, init };
// Where they run, and where their paths are resolved.
enum class Place { runtime, container };
// What the failure of one means: the container is stopped and destroyed, and the operation fails; or only a warning.
enum class OnFailure { destroy, warn };

// One row of the table below.
struct MomentRules {
  Moment moment;
  std::string_view name;
  std::vector<oci::Hook> oci::Hooks::*list;
  Runner runner;
  Place runs_in;
  Place path_in;
  // `status` of the state on stdin. None where the caller decides: the container is "created" after step 2 of the
  // lifecycle, and when the create operation has finished; these run in between, and runc and crun differ.
  std::optional<oci::Status> status;
  OnFailure on_failure;
};

// createContainer hooks are entered from init before the pivot: in the container's namespaces, while the host's tree is
// still there to find them in.
inline constexpr std::array<MomentRules, 6> kMoments{{
    {Moment::prestart, "prestart", &oci::Hooks::prestart, //
     Runner::runtime, Place::runtime, Place::runtime, std::nullopt, OnFailure::destroy},
    {Moment::createRuntime, "createRuntime", &oci::Hooks::create_runtime, //
     Runner::runtime, Place::runtime, Place::runtime, std::nullopt, OnFailure::destroy},
    {Moment::createContainer, "createContainer", &oci::Hooks::create_container, //
     Runner::init, Place::container, Place::runtime, std::nullopt, OnFailure::destroy},
    {Moment::startContainer, "startContainer", &oci::Hooks::start_container, //
     Runner::init, Place::container, Place::container, oci::Status::created, OnFailure::destroy},
    {Moment::poststart, "poststart", &oci::Hooks::poststart, //
     Runner::runtime, Place::runtime, Place::runtime, oci::Status::running, OnFailure::destroy},
    {Moment::poststop, "poststop", &oci::Hooks::poststop, //
     Runner::runtime, Place::runtime, Place::runtime, oci::Status::stopped, OnFailure::warn},
}};

constexpr const MomentRules& rules_of(Moment moment) {
  return kMoments[static_cast<size_t>(moment)];
}

// The hooks of a moment, in the order in which they run.
inline const std::vector<oci::Hook>& hooks_of(const oci::Hooks& hooks, Moment moment) {
  return hooks.*rules_of(moment).list;
}

} // namespace skiff::hooks
