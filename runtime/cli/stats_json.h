// Statistics as `events` prints them, key for key as runc.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/cgroups/stats.h"
#include "runtime/resctrl/stats.h"

namespace skiff::cli {

// One line each, without its newline.
std::string stats_event(std::string_view id, const cgroups::Stats& stats, const std::optional<resctrl::Stats>& rdt);
std::string oom_event(std::string_view id);

} // namespace skiff::cli
