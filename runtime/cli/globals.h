// The options before the command, which each command takes too.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/cli/options.h"
#include "runtime/cli/persona.h"
#include "runtime/container/store.h"

namespace skiff::cli {

struct Globals {
  bool debug = false;
  bool systemd_cgroup = false;
  std::string cgroup_manager;
  std::string log;
  std::string log_format;
  std::string log_level;
  std::optional<std::string> root;
  std::string rootless;
};

// /run/skiff, or below $XDG_RUNTIME_DIR for users that are not the host's root.
struct DefaultRoot {
  std::string path;
  bool in_runtime_dir = false; // $XDG_RUNTIME_DIR is used
};
DefaultRoot default_root();

// The table, bound to `globals`; it has views into `root`.
std::vector<Option> global_options(Globals& globals, const DefaultRoot& root);
// Makes a default root below $XDG_RUNTIME_DIR, opens the log, and says where containers are kept. Throws Error.
Home settle(const Globals& globals, const DefaultRoot& root, const Persona& persona);

} // namespace skiff::cli
