// Names of systemd units.
#include "runtime/cgroups/unit.h"

#include <algorithm>

#include "runtime/base/error.h"
#include "runtime/base/text.h"

namespace skiff::cgroups {

Unit unit_for(std::string_view cgroups_path, std::string_view id, Systemd systemd) {
  const std::string_view default_slice = systemd == Systemd::User ? "user.slice" : "system.slice";
  if (cgroups_path.empty()) return {cat("skiff-", id, ".scope"), std::string(default_slice)};
  const auto parts = split(cgroups_path, ':');
  if (parts.size() != 3) {
    throw Error(cat("expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got ",
                    quote(cgroups_path), " instead"));
  }
  const std::string_view slice = parts[0].empty() ? default_slice : parts[0];
  (void)slice_path(slice);
  return {cat(parts[1], '-', parts[2], ".scope"), std::string(slice)};
}

std::string slice_path(std::string_view slice) {
  constexpr std::string_view suffix = ".slice";
  const auto invalid = [&] { return Error(cat("invalid slice name: ", slice)); };
  if (!slice.ends_with(suffix) || slice.find('/') != slice.npos) throw invalid();
  const std::string_view name = slice.substr(0, slice.size() - suffix.size());
  if (name == "-") return "/";
  std::string out;
  for (size_t end = 0; end < name.size(); ++end) {
    const size_t begin = end;
    end = std::min(name.find('-', begin), name.size());
    if (end == begin || end + 1 == name.size()) throw invalid(); // "-a", "a--b", "a-"
    out += cat('/', name.substr(0, end), suffix);
  }
  if (out.empty()) throw invalid();
  return out;
}

} // namespace skiff::cgroups
