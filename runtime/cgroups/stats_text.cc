// Parsing of cgroup files.
#include "runtime/cgroups/stats_text.h"

#include <limits>

#include "runtime/base/error.h"
#include "runtime/base/text.h"

namespace skiff::cgroups {

namespace {

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> out = split(line, ' ');
  std::erase_if(out, [](std::string_view word) { return word.empty(); });
  return out;
}

[[noreturn]] void malformed(std::string_view line) {
  throw Error(cat("malformed line ", quote(line)));
}

struct DeviceNumber {
  uint64_t major;
  uint64_t minor;
};
std::optional<DeviceNumber> parse_device(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto major = parse_number<uint64_t>(text.substr(0, colon));
  const auto minor = parse_number<uint64_t>(text.substr(colon + 1));
  if (!major || !minor) return std::nullopt;
  return DeviceNumber{*major, *minor};
}

// "1.50" -> 150.
uint64_t parse_hundredths(std::string_view text) {
  const auto point = text.find('.');
  if (point == std::string_view::npos || text.size() != point + 3) malformed(text);
  const auto whole = parse_number<uint64_t>(text.substr(0, point));
  const auto rest = parse_number<uint64_t>(text.substr(point + 1));
  if (!whole || !rest) malformed(text);
  return *whole * 100 + *rest;
}

} // namespace

uint64_t parse_count(std::string_view text) {
  text = trim(text);
  if (text == "max") return std::numeric_limits<uint64_t>::max();
  if (const auto number = parse_number<uint64_t>(text)) return *number;
  if (text.starts_with('-') && parse_number<int64_t>(text)) return 0;
  throw Error(cat("not a number: ", quote(text)));
}

std::map<std::string, uint64_t> parse_flat_keyed(std::string_view text) {
  std::map<std::string, uint64_t> out;
  for (const auto line : lines(text)) {
    const auto blank = line.find(' ');
    if (blank == std::string_view::npos || blank == 0) malformed(line);
    out[std::string(line.substr(0, blank))] = parse_count(line.substr(blank + 1));
  }
  return out;
}

std::vector<uint16_t> parse_number_list(std::string_view text) {
  std::vector<uint16_t> out;
  if (text.empty()) return out;
  for (const auto range : split(text, ',')) {
    const auto dash = range.find('-');
    const auto first = parse_number<uint16_t>(range.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : parse_number<uint16_t>(range.substr(dash + 1));
    if (!first || !last || *first > *last) malformed(text);
    for (unsigned number = *first; number <= *last; ++number) out.push_back(static_cast<uint16_t>(number));
  }
  return out;
}

BlockEntries parse_blkio(std::string_view text) {
  BlockEntries out;
  for (const auto line : lines(text)) {
    const auto all = words(line);
    if (all.size() == 2 && all[0] == "Total") continue;
    if (all.size() != 2 && all.size() != 3) malformed(line);
    const auto device = parse_device(all[0]);
    if (!device) malformed(line);
    const std::string op(all.size() == 3 ? all[1] : std::string_view());
    out.push_back({device->major, device->minor, op, parse_count(all.back())});
  }
  return out;
}

BlockStats parse_io_stat(std::string_view text) {
  BlockStats out;
  for (const auto line : lines(text)) {
    const auto all = words(line);
    const auto device = all.empty() ? std::nullopt : parse_device(all[0]);
    if (!device) continue; // "(unknown)" for a device that is gone
    for (size_t i = 1; i < all.size(); ++i) {
      const auto equals = all[i].find('=');
      if (equals == std::string_view::npos) continue;
      const auto key = all[i].substr(0, equals);
      const bool bytes = key == "rbytes" || key == "wbytes";
      if (!bytes && key != "rios" && key != "wios") continue;
      auto& list = bytes ? out.service_bytes : out.serviced;
      const std::string op = key.front() == 'r' ? "Read" : "Write";
      list.push_back({device->major, device->minor, op, parse_count(all[i].substr(equals + 1))});
    }
  }
  return out;
}

Pressure parse_pressure(std::string_view text) {
  Pressure out;
  for (const auto line : lines(text)) {
    const auto all = words(line);
    if (all.empty() || (all[0] != "some" && all[0] != "full")) continue;
    auto& target = all[0] == "some" ? out.some : out.full;
    for (size_t i = 1; i < all.size(); ++i) {
      const auto equals = all[i].find('=');
      if (equals == std::string_view::npos) malformed(line);
      const auto key = all[i].substr(0, equals);
      const auto value = all[i].substr(equals + 1);
      if (key == "avg10") target.avg10 = parse_hundredths(value);
      if (key == "avg60") target.avg60 = parse_hundredths(value);
      if (key == "avg300") target.avg300 = parse_hundredths(value);
      if (key == "total") target.total = parse_count(value);
    }
  }
  return out;
}

std::string page_size_of(std::string_view sysfs_name) {
  constexpr std::string_view prefix = "hugepages-";
  constexpr std::string_view suffix = "kB";
  if (!sysfs_name.starts_with(prefix) || !sysfs_name.ends_with(suffix)) return {};
  const auto digits = sysfs_name.substr(prefix.size(), sysfs_name.size() - prefix.size() - suffix.size());
  const auto size = parse_number<uint64_t>(digits);
  if (!size) return {};
  if (*size >= 1U << 20) return cat(*size >> 20, "GB");
  if (*size >= 1U << 10) return cat(*size >> 10, "MB");
  return cat(*size, "KB");
}

} // namespace skiff::cgroups
