// What `checkpoint` and `restore` have in common.
#pragma once

#include <string>
#include <vector>

#include "runtime/checkpoint/options.h"
#include "runtime/cli/command.h"

namespace skiff::cli {

// Options whose values are looked up after the command line is read.
struct CriuTexts {
  std::string cgroups_mode;
  std::string network_lock;
  std::vector<std::string> empty_ns;
};

// The table of options, bound to the two.
std::vector<Option> criu_options(checkpoint::CriuOptions& options, CriuTexts& texts);
// Fills in what follows from texts, defaults and the current directory; warns a caller without root's rights. Throws
// Error.
void settle_criu(const Invocation& invocation, checkpoint::CriuOptions& options, const CriuTexts& texts);

} // namespace skiff::cli
