// What commands say on standard output and standard error.
#pragma once

#include <string_view>

namespace skiff::cli {

// Everything, or throws Error.
void print(std::string_view text);
// As print(), as far as it goes: for usage, behind which the error itself is still to come.
void show(std::string_view text);
// One line on standard error, past the log; for what concerns one of many and ends nothing.
void complain(std::string_view line);

} // namespace skiff::cli
