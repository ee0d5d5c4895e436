// Signal names and numbers, as `kill` takes them: signal(7).
#pragma once

#include <string_view>

namespace skiff::cli {

// "9", "KILL", "SIGKILL", "RTMIN+3", in any case. Numbers are taken as they are. Throws Error: unknown signal "X".
int parse_signal(std::string_view text);

} // namespace skiff::cli
