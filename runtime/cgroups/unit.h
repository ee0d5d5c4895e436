// The systemd unit that holds a container: its name and its place among the slices. Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace skiff::cgroups {

struct Unit {
  std::string name;  // "docker-1234.scope"
  std::string slice; // "system.slice"
};

// Whose systemd: the machine's, or the user's own ("systemd --user") where we are not the machine's root.
enum class Systemd { System, User };

// From cgroupsPath "slice:prefix:name", in which an empty slice is the default one; an empty path is a scope named
// after the container. runc's docs/systemd.md, "systemd unit name and placement". Throws Error.
Unit unit_for(std::string_view cgroups_path, std::string_view id, Systemd systemd);

// Where a slice is in a hierarchy: "a-b.slice" is "/a.slice/a-b.slice", "-.slice" the root, "/". systemd.slice(5).
// Throws Error.
std::string slice_path(std::string_view slice);

} // namespace skiff::cgroups
