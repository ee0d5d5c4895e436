// The containers that a regular expression means: crun's `delete --regex` and `kill --regex`.
#pragma once

#include <functional>
#include <string>

#include "runtime/container/store.h"

namespace skiff::cli {

// Calls `action` with each id of which `pattern`, a POSIX extended regular expression, matches a part. What fails is
// told on standard error and ends nothing. Throws Error for a bad expression.
void for_each_matching(const Home& home, const std::string& pattern,
                       const std::function<void(const std::string& id)>& action);

} // namespace skiff::cli
