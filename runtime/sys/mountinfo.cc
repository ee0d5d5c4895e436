#include "runtime/sys/mountinfo.h"

#include "runtime/base/text.h"

namespace skiff::sys {

namespace {

// Takes what is before the separator off the front, and the separator; all where there is none.
std::string_view take(std::string_view& text, std::string_view separator) {
  const size_t end = text.find(separator);
  const std::string_view front = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + separator.size());
  return front;
}

} // namespace

std::optional<MountLine> MountReader::next() {
  while (!rest_.empty()) {
    std::string_view line = take(rest_, "\n");
    MountLine mount;
    for (int skipped = 0; skipped < 3; ++skipped) (void)take(line, " "); // ids and device
    mount.root = take(line, " ");
    mount.mount_point = take(line, " ");
    (void)take(line, " - "); // options, and a number of fields that may grow
    mount.type = take(line, " ");
    (void)take(line, " "); // the source
    mount.super_options = line;
    if (!line.empty()) return mount;
  }
  return std::nullopt;
}

std::string unescape(std::string_view field) {
  std::string out;
  for (size_t i = 0; i < field.size(); ++i) {
    if (field[i] == '\\' && i + 3 < field.size()) {
      if (const auto code = parse_number<unsigned>(field.substr(i + 1, 3), 8)) {
        out.push_back(static_cast<char>(*code));
        i += 3;
        continue;
      }
    }
    out.push_back(field[i]);
  }
  return out;
}

} // namespace skiff::sys
