// The table of personas.
#include "runtime/cli/persona.h"

#include <algorithm>
#include <array>

#include "runtime/cli/paths.h"

namespace skiff::cli {

namespace {

constexpr std::array kPersonas = {
    Persona{.name = "skiff"},
    Persona{.name = "runc"},
    Persona{.name = "crun",
            .form = Form::crun,
            .threshold = log::Level::error,
            .log_names = LogNames::needs_backend,
            .policy = {.accepts_empty_mappings = true,
                       .refuses_unknown_capabilities = true,
                       .names_bad_ids = true,
                       .writes_status = true,
                       .takes_descriptors_as_told = true,
                       .keeps_notify_path = true,
                       .gives_group_of_stdio = true,
                       .exec_drops_no_new_privileges = true,
                       .listens_always = true,
                       .hooks_in_bundle = true,
                       .binds_sys = true,
                       .mounts_over_root = true,
                       .starts_without_process = true,
                       .binds_take_any_option = true,
                       .renews_binds = true,
                       .ignores_idle_labels = true,
                       .says_executable_file = true,
                       .early_hooks_see = oci::Status::created,
                       .agent_version = "0.2.0",
                       .systemd_subgroup = "container",
                       .hook_words = hooks::Words::crun}},
};

struct CrunUsage {
  std::string_view command;
  std::string_view line;
};
constexpr std::array kCrunUsage = {
    CrunUsage{"checkpoint", "checkpoint CONTAINER"},
    CrunUsage{"create", "create [OPTION]... CONTAINER"},
    CrunUsage{"delete", "delete CONTAINER"},
    CrunUsage{"exec", "exec CONTAINER cmd"},
    CrunUsage{"kill", "kill CONTAINER [SIGNAL]"},
    CrunUsage{"mounts", "mounts [add|remove] CONTAINER FILE"},
    CrunUsage{"pause", "pause CONTAINER"},
    CrunUsage{"restore", "restore CONTAINER"},
    CrunUsage{"resume", "resume CONTAINER"},
    CrunUsage{"run", "run [OPTION]... CONTAINER"},
    CrunUsage{"start", "start CONTAINER"},
    CrunUsage{"state", "state CONTAINER"},
    CrunUsage{"update", "update [OPTION]... CONTAINER"},
};

} // namespace

const Persona& persona(std::string_view program) {
  const std::string_view name = base_name(program);
  const auto found = std::find_if(kPersonas.begin(), kPersonas.end(), [&](const Persona& p) { return p.name == name; });
  return found == kPersonas.end() ? kPersonas.front() : *found;
}

std::string_view crun_usage(std::string_view command) {
  const auto found =
      std::find_if(kCrunUsage.begin(), kCrunUsage.end(), [&](const CrunUsage& u) { return u.command == command; });
  return found == kCrunUsage.end() ? command : found->line;
}

} // namespace skiff::cli
