// What this build is.
#pragma once

#include <string>
#include <string_view>

#include "runtime/cli/persona.h"

namespace skiff::cli {

std::string_view version(); // "0.1.0"
std::string_view commit();  // of git describe; empty where it was not known
std::string libseccomp_version();
// The lines of --version; Docker and Podman parse them. `root` is where containers are kept.
std::string version_text(const Persona& persona, std::string_view root);

} // namespace skiff::cli
