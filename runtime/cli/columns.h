// Text in aligned columns, as Go's text/tabwriter lays it out with blanks.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace skiff::cli {

struct ColumnWidths {
  size_t minimum; // characters
  size_t padding; // blanks behind the longest cell
};

// One line per row, each with a newline. The last cell of a row is not padded.
std::string columns(std::span<const std::vector<std::string>> rows, ColumnWidths widths);

} // namespace skiff::cli
