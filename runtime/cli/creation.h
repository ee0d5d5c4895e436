// What `create` and `run` have in common.
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/text.h"
#include "runtime/cli/command.h"
#include "runtime/container/container.h"

namespace skiff::cli {

// The table of options, bound to `options`.
std::vector<Option> creation_options(CreateOptions& options);
// Settles what must be known before the bundle becomes the current directory. Throws Error.
void settle_creation(const Home& home, CreateOptions& options);
// Runs `body`; any failure inside becomes "NAME ACTION failed: ...", as engines show it.
template <class Body> int creating(const Invocation& invocation, std::string_view action, Body&& body) {
  try {
    return body();
  } catch (const std::exception& error) {
    throw Error(cat(invocation.persona().name, ' ', action, " failed: ", error.what()));
  }
}

} // namespace skiff::cli
