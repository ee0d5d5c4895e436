// Column widths in two passes.
#include "runtime/cli/columns.h"

#include <algorithm>
#include <string_view>

namespace skiff::cli {

namespace {

// Characters, not bytes: UTF-8 continuation bytes do not count.
size_t width(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xc0) != 0x80; }));
}

} // namespace

std::string columns(std::span<const std::vector<std::string>> rows, ColumnWidths widths) {
  std::vector<size_t> wide;
  for (const std::vector<std::string>& row : rows) {
    if (row.size() > wide.size()) wide.resize(row.size(), widths.minimum);
    for (size_t i = 0; i < row.size(); ++i) wide[i] = std::max(wide[i], width(row[i]) + widths.padding);
  }
  std::string out;
  for (const std::vector<std::string>& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      if (i + 1 < row.size()) out.append(wide[i] - width(row[i]), ' ');
    }
    out += '\n';
  }
  return out;
}

} // namespace skiff::cli
