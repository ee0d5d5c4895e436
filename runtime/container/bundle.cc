#include "runtime/container/bundle.h"

#include <linux/magic.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/sys/file.h"

namespace skiff {

// Not by gmtime(3), which reads the zone's file all the same.
std::string now() {
  const auto time = std::chrono::system_clock::now();
  const auto midnight = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(midnight);
  const std::chrono::hh_mm_ss clock(time - midnight);
  char text[48];
  const int size =
      std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02ld:%02ld:%02ld.%09ld", static_cast<int>(date.year()),
                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), clock.hours().count(),
                    clock.minutes().count(), clock.seconds().count(), clock.subseconds().count());
  std::string_view digits(text, static_cast<size_t>(size));
  while (digits.ends_with('0') && !digits.ends_with(".0")) digits.remove_suffix(1); // as Go's RFC3339Nano
  return cat(digits, 'Z');
}

std::string enter_bundle(const std::string& bundle) {
  if (!bundle.empty() && ::chdir(bundle.c_str()) != 0) throw Error(errno, cat("chdir ", bundle));
  return sys::current_dir();
}

std::string read_config(const std::string& path) {
  Result<std::string> text = sys::try_read_file(sys::FdRef(sys::kCwd), path.c_str());
  if (!text && text.error() == ENOENT) throw Error(cat("JSON specification file ", path, " not found"));
  return std::move(text).or_throw([&] { return cat("read ", path); });
}

// A user namespace of which the configuration maps nobody: as crun has it, its root is the caller.
void map_caller(oci::Spec& spec) {
  if (!spec.linux_ || !spec.linux_->uid_mappings.empty() || !spec.linux_->gid_mappings.empty()) return;
  const bool has_own = std::ranges::any_of(spec.linux_->namespaces, [](const oci::Namespace& ns) {
    return ns.type == oci::NamespaceType::user && ns.path.empty();
  });
  if (!has_own) return;
  spec.linux_->uid_mappings = {{.container_id = 0, .host_id = ::geteuid(), .size = 1}};
  spec.linux_->gid_mappings = {{.container_id = 0, .host_id = ::getegid(), .size = 1}};
}

std::vector<std::string> pipes_of_streams() {
  std::array<std::string, 3> names;
  for (int stream = STDIN_FILENO; stream <= STDERR_FILENO; ++stream) {
    Result<struct stat> st = sys::try_stat(sys::FdRef(stream));
    if (!st || !S_ISFIFO(st->st_mode)) continue;
    Result<long> type = sys::try_fs_type(sys::FdRef(stream)); // a FIFO with a name is found by that
    if (type && *type == PIPEFS_MAGIC) names[static_cast<size_t>(stream)] = cat("pipe:[", st->st_ino, ']');
  }
  if (std::ranges::all_of(names, &std::string::empty)) return {};
  return {names.begin(), names.end()};
}

} // namespace skiff
