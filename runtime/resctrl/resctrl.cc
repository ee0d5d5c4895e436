#include "runtime/resctrl/resctrl.h"

#include <fcntl.h>
#include <unistd.h>

#include <map>
#include <vector>

#include "runtime/base/scope.h"
#include "runtime/base/text.h"
#include "runtime/sys/file.h"
#include "runtime/sys/mountinfo.h"

namespace skiff::resctrl {

namespace {

constexpr const char* kUsualRoot = "/sys/fs/resctrl";

// The kernel explains its last refusal in a file.
[[noreturn]] void fail(const std::string& root, int code, const std::string& what) {
  Result<std::string> status = sys::try_read_file(sys::FdRef(sys::kCwd), cat(root, "/info/last_cmd_status").c_str());
  Error error(code, cat("intelRdt: ", what));
  if (!status || trim(*status).empty()) throw error;
  throw Error(cat(error.what(), ", last_cmd_status: ", trim(*status)));
}

// In one write(2). The kernel's files are there; the flags are those of a shell's redirection.
void write(const std::string& root, const std::string& path, std::string_view text) {
  const sys::Fd file = sys::open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const Result<void> done = sys::try_write_all(file, text);
  if (!done) fail(root, done.error(), cat("unable to write ", quote(text), " to ", path));
}

std::vector<std::string> schemata_of(const oci::IntelRdt& rdt) {
  std::vector<std::string> all;
  if (!rdt.l3_cache_schema.empty()) all.push_back(rdt.l3_cache_schema);
  if (!rdt.mem_bw_schema.empty()) all.push_back(rdt.mem_bw_schema);
  for (const std::string& line : rdt.schemata)
    if (!line.empty()) all.push_back(line);
  return all;
}

// "L3:0=0ff;1=3" -> {"0": "ff", "1": "3"} of "L3": what is written differs from what is read in zeros and in order.
using Values = std::map<std::string, std::string>;
std::map<std::string, Values> parse_schemata(const std::vector<std::string>& schemata) {
  std::map<std::string, Values> all;
  for (const std::string& text : schemata) {
    for (const std::string_view line : lines(text)) {
      const size_t colon = line.find(':');
      if (colon == std::string_view::npos) continue;
      Values& values = all[std::string(trim(line.substr(0, colon)))];
      for (const std::string_view pair : split(line.substr(colon + 1), ';')) {
        const size_t equals = pair.find('=');
        if (equals == std::string_view::npos) continue;
        std::string_view value = trim(pair.substr(equals + 1));
        while (value.size() > 1 && value.front() == '0') value.remove_prefix(1);
        values[std::string(trim(pair.substr(0, equals)))] = value;
      }
    }
  }
  return all;
}

// config-linux.md: of a class that exists, the schemata must be the configured ones; others may be in it.
void compare_schemata(const std::string& group, const std::vector<std::string>& wanted) {
  const auto found = parse_schemata({sys::read_file(cat(group, "/schemata"))});
  for (const auto& [resource, values] : parse_schemata(wanted)) {
    const auto there = found.find(resource);
    for (const auto& [domain, value] : values) {
      if (there == found.end() || !there->second.contains(domain) || there->second.at(domain) != value)
        throw Error(cat("intelRdt: the class ", group, " exists with other schemata: ", resource, " of domain ", domain,
                        " is not ", value));
    }
  }
}

std::string class_of(const oci::IntelRdt& rdt, const std::string& root, const std::string& id) {
  const std::string name = rdt.clos_id.empty() ? id : rdt.clos_id;
  return name == "/" ? root : cat(root, '/', name);
}

std::string monitoring_of(const std::string& group, const std::string& id) {
  return cat(group, "/mon_groups/", id);
}

bool try_make(const std::string& root, const std::string& path) {
  const Result<void> made = sys::try_mkdir(sys::FdRef(sys::kCwd), path.c_str(), 0755);
  if (!made && made.error() != EEXIST) fail(root, made.error(), cat("mkdir ", path));
  return static_cast<bool>(made);
}

void remove_directory(const std::string& path) {
  if (path.empty() || ::rmdir(path.c_str()) == 0 || errno == ENOENT) return;
  throw Error(errno, cat("intelRdt: rmdir ", path));
}

void remove_if_unused(const std::string& path) {
  auto tasks = sys::try_read_file(sys::FdRef(sys::kCwd), cat(path, "/tasks").c_str());
  if (!tasks || trim(*tasks).empty()) remove_directory(path);
}

} // namespace

// The kernel makes the usual directory, empty, when the hardware has it; the administrator mounts it there or
// elsewhere.
std::string mount_point() {
  if (sys::exists(cat(kUsualRoot, "/schemata"))) return kUsualRoot;
  Result<std::string> mounts = sys::try_read_file(sys::FdRef(sys::kCwd), "/proc/self/mountinfo");
  if (!mounts) return {};
  sys::MountReader reader(*mounts);
  while (const auto mount = reader.next())
    if (mount->type == "resctrl") return sys::unescape(mount->mount_point);
  return {};
}

Place apply(const oci::IntelRdt& rdt, const std::string& id, int pid) {
  const std::string root = mount_point();
  if (root.empty()) throw Error("intelRdt is specified in config, but Intel RDT is not enabled");
  const std::vector<std::string> schemata = schemata_of(rdt);
  const std::string group = class_of(rdt, root, id);
  if (!rdt.clos_id.empty() && schemata.empty() && !sys::exists(group))
    throw Error(ENOENT, cat("intelRdt: the class ", group, " must be there when no schemata are given: stat"));
  Place place{.joined = group, .group = {}, .monitoring = {}};
  const bool made = try_make(root, group);
  // A class with a name of its own is meant for others too, and stays.
  if (made && rdt.clos_id.empty()) place.group = group;
  Scope undo([&] {
    if (!place.monitoring.empty()) (void)::rmdir(place.monitoring.c_str());
    if (made) (void)::rmdir(group.c_str());
  });
  if (!schemata.empty() && made) {
    std::string text;
    for (const std::string& line : schemata) text += cat(line, '\n');
    write(root, cat(group, "/schemata"), text);
  } else if (!schemata.empty()) {
    compare_schemata(group, schemata);
  }
  write(root, cat(group, "/tasks"), cat(pid));
  if (rdt.enable_monitoring) {
    const std::string monitoring = monitoring_of(group, id);
    if (try_make(root, monitoring)) place.monitoring = monitoring;
    write(root, cat(monitoring, "/tasks"), cat(pid));
  }
  undo.dismiss();
  return place;
}

std::string update(const Place& place, const Schemata& schemata) {
  if (schemata.l3_cache.empty() && schemata.memory_bandwidth.empty()) return {};
  const std::string root = mount_point();
  const auto can = [&](std::string_view feature) { return !root.empty() && sys::exists(cat(root, "/info/", feature)); };
  if (!schemata.l3_cache.empty() && !can("L3")) throw Error("Intel RDT/CAT: l3 cache schema is not enabled");
  if (!schemata.memory_bandwidth.empty() && !can("MB"))
    throw Error("Intel RDT/MBA: memory bandwidth schema is not enabled");
  if (place.joined.empty()) throw Error("updating a non-existent Intel RDT configuration is not supported");
  const std::string path = cat(place.joined, "/schemata");
  std::string before = sys::read_file(path);
  std::string text;
  for (const std::string* line : {&schemata.l3_cache, &schemata.memory_bandwidth})
    if (!line->empty()) text += cat(*line, '\n');
  write(root, path, text);
  return before;
}

void restore(const Place& place, const std::string& schemata) {
  if (!schemata.empty()) write(mount_point(), cat(place.joined, "/schemata"), schemata);
}

void remove(const Place& place) {
  if (place.group.empty()) return remove_directory(place.monitoring);
  remove_directory(place.group); // and the monitoring group in it
}

void remove_leftovers(const oci::IntelRdt& rdt, const std::string& id) {
  const std::string root = mount_point();
  if (root.empty()) return;
  const std::string group = class_of(rdt, root, id);
  if (rdt.enable_monitoring) remove_if_unused(monitoring_of(group, id));
  if (rdt.clos_id.empty()) remove_if_unused(group);
}

} // namespace skiff::resctrl
