// The help of the program and of a command, laid out as urfave/cli v3 does for runc.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "runtime/cli/options.h"

namespace skiff::cli {

struct HelpEntry {
  std::string_view name;
  std::string_view summary;
};

// Empty parts are left out.
struct HelpPage {
  std::string name; // "skiff" or "skiff create"
  std::string_view summary;
  std::string usage; // the line under USAGE
  std::string_view version = {};
  std::string_view description = {}; // lines without indentation
  std::span<const HelpEntry> commands = {};
  std::span<const Option> options = {};
  std::span<const Option> global_options = {};
};

std::string render(const HelpPage& page);

// As GNU argp lays it out for crun: "Usage: NAME [OPTION...] LINE".
std::string render_crun(std::string_view name, std::string_view line, std::span<const HelpEntry> commands,
                        std::span<const Option> options);

} // namespace skiff::cli
