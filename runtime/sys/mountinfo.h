// The lines of /proc/PID/mountinfo: proc_pid_mountinfo(5).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace skiff::sys {

// One mount; views into the text, in which blanks and some other bytes are written as octal numbers.
struct MountLine {
  std::string_view root; // of the mount, within its file system
  std::string_view mount_point;
  std::string_view type;
  std::string_view super_options;
};

// Goes through the text line by line, and allocates nothing.
class MountReader {
public:
  explicit MountReader(std::string_view text) : rest_(text) {}
  // Nothing at the end. What is no such line is passed over.
  std::optional<MountLine> next();

private:
  std::string_view rest_;
};

// A field with its octal numbers read.
std::string unescape(std::string_view field);

} // namespace skiff::sys
