// Reading info/, schemata and mon_data/.
#include "runtime/resctrl/stats.h"

#include <algorithm>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"

namespace skiff::resctrl {

namespace {

std::string text_of(const std::string& path) {
  return std::string(trim(sys::read_file(path)));
}

uint64_t number_in(const std::string& path) {
  const std::string text = text_of(path);
  const auto number = parse_number<uint64_t>(text);
  if (!number) throw Error(cat("unable to parse ", quote(text), " as a uint from file ", quote(path)));
  return *number;
}

std::vector<std::string> schemata_of(const std::string& group) {
  std::vector<std::string> out;
  const std::string text = text_of(cat(group, "/schemata"));
  for (const std::string_view line : split(text, '\n')) out.emplace_back(line);
  return out;
}

// The last line that is about the resource: "L3" is "L3CODE", too.
std::string schema_of(const std::vector<std::string>& schemata, std::string_view resource) {
  std::string out;
  for (const std::string& line : schemata)
    if (line.find(resource) != std::string::npos) out = trim(line);
  return out;
}

CacheInfo cache_info(const std::string& folder) {
  return {.mask = text_of(cat(folder, "/cbm_mask")),
          .min_bits = number_in(cat(folder, "/min_cbm_bits")),
          .classes = number_in(cat(folder, "/num_closids"))};
}

BandwidthInfo bandwidth_info(const std::string& folder) {
  return {.granularity = number_in(cat(folder, "/bandwidth_gran")),
          .delay_linear = number_in(cat(folder, "/delay_linear")),
          .min_bandwidth = number_in(cat(folder, "/min_bandwidth")),
          .classes = number_in(cat(folder, "/num_closids"))};
}

// What info/L3_MON/mon_features lists of what we know.
struct Counters {
  bool total = false;
  bool local = false;
  bool occupancy = false;
};

Counters counters_of(const std::string& root) {
  Counters out;
  auto text = sys::try_read_file(sys::FdRef(sys::kCwd), cat(root, "/info/L3_MON/mon_features").c_str());
  if (!text) return out;
  for (const std::string_view feature : lines(*text)) {
    out.total = out.total || feature == "mbm_total_bytes";
    out.local = out.local || feature == "mbm_local_bytes";
    out.occupancy = out.occupancy || feature == "llc_occupancy";
  }
  return out;
}

void read_counters(const std::string& group, const Counters& counters, Stats& out) {
  if (counters.total || counters.local) out.bandwidth_use.emplace();
  if (counters.occupancy) out.cache_use.emplace();
  if (!out.bandwidth_use && !out.cache_use) return;
  const std::string data = cat(group, "/mon_data");
  std::vector<std::string> domains =
      sys::try_list_dir(sys::open_dir(data)).or_throw([&] { return cat("open ", data); });
  std::sort(domains.begin(), domains.end());
  for (const std::string& domain : domains) {
    if (!domain.starts_with("mon_L3_")) continue; // later kernels count energy as well
    const auto count = [&](bool is_counted, std::string_view file) {
      return is_counted ? number_in(cat(data, '/', domain, '/', file)) : 0;
    };
    if (out.bandwidth_use) {
      out.bandwidth_use->push_back(
          {.total = count(counters.total, "mbm_total_bytes"), .local = count(counters.local, "mbm_local_bytes")});
    }
    if (out.cache_use) out.cache_use->push_back(count(true, "llc_occupancy"));
  }
}

} // namespace

std::optional<Stats> read_stats(const Place& place) {
  if (place.joined.empty()) return std::nullopt;
  const std::string root = mount_point();
  if (root.empty()) return std::nullopt;
  const std::vector<std::string> of_root = schemata_of(root);
  Stats out;
  out.schemata = schemata_of(place.joined);
  if (const std::string info = cat(root, "/info/L3"); sys::exists(info))
    out.cache = {cache_info(info), schema_of(of_root, "L3"), schema_of(out.schemata, "L3")};
  if (const std::string info = cat(root, "/info/MB"); sys::exists(info))
    out.bandwidth = {bandwidth_info(info), schema_of(of_root, "MB"), schema_of(out.schemata, "MB")};
  read_counters(place.monitoring.empty() ? place.joined : place.monitoring, counters_of(root), out);
  return out;
}

} // namespace skiff::resctrl
