// The "hooks" object of config.json: runtime-spec v1.3.0, config.md, "POSIX-platform Hooks".
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace oci {

struct Hook {
  std::string path; // absolute
  std::vector<std::string> args;
  std::vector<std::string> env;
  std::optional<int> timeout; // seconds, > 0
};

struct Hooks {
  std::vector<Hook> prestart; // deprecated, still honoured
  std::vector<Hook> create_runtime;
  std::vector<Hook> create_container;
  std::vector<Hook> start_container;
  std::vector<Hook> poststart;
  std::vector<Hook> poststop;
};

} // namespace oci
