// Reading statistics out of one directory. Internal to this folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/cgroups/stats_text.h"

namespace skiff::cgroups {

class StatFiles {
public:
  explicit StatFiles(const std::string& directory) : directory_(directory) {}

  // Nothing where the kernel has no such file. Throws Error.
  std::optional<std::string> text(std::string_view file) const;
  // What `parse` makes of the text; T{} where there is no such file. Throws Error "unable to parse PATH: ...".
  template <class Parse>
  auto parsed(std::string_view file, Parse&& parse) const -> decltype(parse(std::string_view())) {
    const auto content = text(file);
    if (!content) return {};
    return in([&] { return "unable to parse " + directory_ + '/' + std::string(file); },
              [&] { return parse(*content); });
  }
  uint64_t count(std::string_view file) const { return parsed(file, parse_count); }

private:
  const std::string& directory_;
};

// The sizes that this machine has: "2MB", "1GB".
std::vector<std::string> huge_page_sizes();

} // namespace skiff::cgroups
