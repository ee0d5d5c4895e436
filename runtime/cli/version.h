// What this build is.
#pragma once

#include <string>
#include <string_view>

namespace skiff::cli {

std::string_view version(); // "0.1.0"
std::string_view commit();  // of git describe; empty where it was not known
std::string libseccomp_version();
// The lines of --version; `name` is the first word. Docker and Podman parse it.
std::string version_text(std::string_view name);

} // namespace skiff::cli
