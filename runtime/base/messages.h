// Sentences that callers match letter by letter, in one place.
#pragma once

#include <string_view>

namespace skiff::messages {

inline constexpr std::string_view kExists = "container with given ID already exists";
inline constexpr std::string_view kInvalidId = "invalid container ID format";
inline constexpr std::string_view kNotExist = "container does not exist";
inline constexpr std::string_view kPaused = "container paused";
inline constexpr std::string_view kRunning = "container still running";
inline constexpr std::string_view kNotRunning = "container not running";
inline constexpr std::string_view kNotPaused = "container not paused";
inline constexpr std::string_view kCgroupNotExist = "cgroup not exist";

} // namespace skiff::messages
