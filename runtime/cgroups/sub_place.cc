#include "runtime/cgroups/sub_place.h"

#include <algorithm>

#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/sys/path.h"

namespace skiff::cgroups {

namespace {

std::string below(const std::string& base, const std::string& path) {
  std::string whole = sys::clean_path(cat(base, '/', path));
  if (whole != base && !whole.starts_with(base + '/')) throw Error(cat("bad sub cgroup path: ", path));
  return whole;
}

} // namespace

SubPaths parse_sub_paths(std::span<const std::string> arguments) {
  SubPaths paths;
  for (const std::string& argument : arguments) {
    const size_t colon = argument.find(':');
    if (colon == std::string::npos) {
      if (arguments.size() != 1)
        throw Error(cat("invalid --cgroup argument: ", argument, " (missing <controller>: prefix)"));
      paths[""] = argument;
      continue;
    }
    for (const std::string_view controller : split(std::string_view(argument).substr(0, colon), ',')) {
      if (controller.empty()) throw Error(cat("invalid --cgroup argument: ", argument, " (empty <controller> prefix)"));
      const bool is_new = paths.emplace(controller, argument.substr(colon + 1)).second;
      if (!is_new)
        throw Error(cat("invalid --cgroup argument(s): controller ", controller, " specified multiple times"));
    }
  }
  return paths;
}

Place sub_place(const Place& base, const SubPaths& paths) {
  Place place = base;
  for (const auto& sub : paths) {
    const std::string& controller = sub.first;
    const std::string& path = sub.second;
    if (controller.empty()) {
      for (auto& [name, directory] : place.legacy) directory = below(directory, path);
      // On hybrid hosts engines make their directories in the v1 hierarchies alone.
      if (!base.unified.empty() && base.legacy.empty()) place.unified = below(base.unified, path);
      continue;
    }
    const auto hierarchy = std::ranges::find_if(place.legacy, [&](const auto& entry) {
      const auto names = split(entry.first, ',');
      return std::ranges::find(names, controller) != names.end();
    });
    if (hierarchy == place.legacy.end()) throw Error(cat("unknown controller ", controller, " in SubCgroupPaths"));
    hierarchy->second = below(base.legacy.at(hierarchy->first), path);
  }
  return place;
}

} // namespace skiff::cgroups
