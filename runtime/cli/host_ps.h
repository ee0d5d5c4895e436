// ps(1) of the host.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace skiff::cli {

// What `ps OPTIONS` prints. Throws Error with that when it fails.
std::string host_ps(const std::vector<std::string>& options);
// The header and the lines whose PID is among `pids`. Throws Error when there is no such column.
std::string lines_of_processes(std::string_view table, std::span<const int> pids);

} // namespace skiff::cli
