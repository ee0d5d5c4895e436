// cgroup2.
#include "runtime/cgroups/v2.h"

#include <algorithm>
#include <cerrno>

#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/sys/watch.h"

namespace skiff::cgroups::v2 {

namespace {

constexpr int kFreezeTimeoutMs = 10000;

bool contains(const std::vector<std::string>& all, std::string_view name) {
  return std::find(all.begin(), all.end(), name) != all.end();
}

// Controllers that a threaded cgroup cannot have: cgroups(7), "Thread mode".
bool is_domain_controller(std::string_view name) {
  return name == "memory" || name == "io" || name == "hugetlb" || name == "rdma";
}

// Below processes, or below a threaded cgroup, a new cgroup is "domain invalid" and takes no process until it becomes
// threaded as well.
void settle_type(const std::string& directory, const Wanted& wanted) {
  auto type = try_read(directory, "cgroup.type");
  if (!type || *type == "domain") return;
  const auto& required = wanted.required;
  const bool domain_needed = std::any_of(required.begin(), required.end(), is_domain_controller);
  const bool invalid = *type == "domain invalid";
  if (domain_needed) {
    throw Error(cat("cannot enter cgroupv2 ", quote(directory), " with domain controllers -- it is in ",
                    invalid ? std::string("an invalid state") : cat(*type, " mode")));
  }
  if (invalid) (void)try_write(directory, "cgroup.type", "threaded");
}

// Turns on for the children of `directory` what is not on. The kernel refuses a list as a whole, so then one by one;
// what stays off shows up at the leaf.
void enable(const std::string& directory, const Wanted& wanted) {
  auto text = try_read(directory, "cgroup.subtree_control");
  if (!text) return;
  const auto on = split(*text, ' ');
  std::vector<std::string> missing;
  for (const auto* list : {&wanted.required, &wanted.optional}) {
    for (const auto& name : *list) {
      const std::string word = cat('+', name);
      if (std::find(on.begin(), on.end(), name) == on.end() && !contains(missing, word)) missing.push_back(word);
    }
  }
  if (missing.empty()) return;
  std::string all;
  for (const auto& word : missing) all += cat(all.empty() ? "" : " ", word);
  if (try_write(directory, "cgroup.subtree_control", all) || missing.size() == 1) return;
  for (const auto& word : missing) (void)try_write(directory, "cgroup.subtree_control", word);
}

// The directories from the mount point to `directory`.
std::vector<std::string> levels(const std::string& mount_point, const std::string& directory) {
  std::vector<std::string> out = {mount_point};
  for (auto slash = mount_point.size(); slash < directory.size();) {
    slash = std::min(directory.find('/', slash + 1), directory.size());
    out.push_back(directory.substr(0, slash));
  }
  return out;
}

void require_controllers(const std::string& directory, const Wanted& wanted) {
  if (wanted.required.empty()) return;
  const std::string text = read(directory, "cgroup.controllers");
  const auto available = split(text, ' ');
  for (const auto& name : wanted.required) {
    if (std::find(available.begin(), available.end(), name) != available.end()) continue;
    throw Error(cat("cannot set ", name, " limit: controller ", quote(name), " is not available in ", directory));
  }
}

// Files such as io.max take one line per write(2).
void write_lines(const std::string& directory, const std::string& file, const std::string& value) {
  if (value.find('\n') == std::string::npos) return write(directory, file, value);
  for (const auto line : lines(value)) write(directory, file, cat(line, '\n'));
}

// Throws the better message where a file is missing because its controller is.
void explain_missing(const std::string& directory, const std::string& file) {
  const auto controller = controller_of(file);
  if (controller == file) {
    throw Error(cat("unified resource ", quote(file), " must be in the form CONTROLLER.PARAMETER"));
  }
  auto text = try_read(directory, "cgroup.controllers");
  const auto available = text ? split(*text, ' ') : std::vector<std::string_view>{};
  if (controller == "cgroup" || std::find(available.begin(), available.end(), controller) != available.end()) return;
  throw Error(cat("unified resource ", quote(file), " can't be set: controller ", quote(controller), " not available"));
}

} // namespace

NewDirectories::Outcome create(NewDirectories& directories, const std::string& mount_point,
                               const std::string& directory, const Wanted& wanted) {
  const auto path = levels(mount_point, directory);
  auto outcome = NewDirectories::Outcome::Existed;
  for (size_t i = 0; i < path.size(); ++i) {
    const bool leaf = i + 1 == path.size();
    if (i > 0) {
      outcome = directories.make(path[i]);
      if (leaf || outcome == NewDirectories::Outcome::Made) settle_type(path[i], wanted);
    }
    if (!leaf) enable(path[i], wanted);
  }
  require_controllers(directory, wanted);
  return outcome;
}

FactsV2 facts(const oci::Resources& resources, const std::string& directory) {
  FactsV2 out;
  const auto& io = resources.block_io;
  if (!io || (!io->weight && io->weight_device.empty())) return out;
  auto weights = try_read(directory, "io.bfq.weight");
  if (!weights) return out;
  out.bfq_weight = true;
  out.bfq_device_weights = !parse_number<uint64_t>(*weights); // a lone number: an older kernel
  return out;
}

void write_unified(const std::string& directory, const std::map<std::string, std::string>& values, Rollback* rollback) {
  for (const auto& [name, value] : values) {
    if (name.find('/') != std::string::npos) {
      throw Error(cat("unified resource ", quote(name), " must be a file name (no slashes)"));
    }
    if (rollback != nullptr) rollback->remember(directory, name, value);
    try {
      write_lines(directory, name, value);
    } catch (Error& error) {
      if (error.code() == EPERM || error.code() == EACCES || error.code() == ENOENT) explain_missing(directory, name);
      error.within(cat("unable to set unified resource ", quote(name)));
      throw;
    }
  }
}

void check_memory_usage(const std::string& directory, const oci::MemoryLimits& memory) {
  const int64_t limit = memory.limit.value_or(0);
  const int64_t swap = memory.swap.value_or(0);
  if (!memory.check_before_update.value_or(false) || (limit <= 0 && swap <= 0)) return;
  auto text = try_read(directory, "memory.current");
  if (!text) return; // best effort by definition
  const auto usage = parse_number<int64_t>(*text);
  if (!usage) return;
  if (swap > 0 && swap <= *usage) throw Error(cat("rejecting memory+swap limit ", swap, " <= usage ", *usage));
  if (limit > 0 && limit <= *usage) throw Error(cat("rejecting memory limit ", limit, " <= usage ", *usage));
}

bool frozen(const std::string& directory) {
  auto text = try_read(directory, "cgroup.freeze");
  if (!text) {
    if (text.error() == ENOENT || text.error() == ENODEV) return false; // gone, or a kernel before 5.2
    throw Error(text.error(), cat("open ", directory, "/cgroup.freeze"));
  }
  return *text == "1";
}

void freeze(const std::string& directory, bool on) {
  const auto written = try_write(directory, "cgroup.freeze", on ? "1" : "0");
  if (!written && !on && written.error() == ENOENT) return; // what is not there is not frozen
  if (!written) throw Error(written.error(), cat("freezer not supported: write ", directory, "/cgroup.freeze"));
  if (!on || wait_for_event(directory, "frozen", true, kFreezeTimeoutMs)) return;
  (void)try_write(directory, "cgroup.freeze", "0");
  throw Error("timeout of 10s reached waiting for the cgroup to freeze");
}

Result<void> try_kill(const std::string& directory) {
  return try_write(directory, "cgroup.kill", "1");
}

bool wait_for_event(const std::string& directory, std::string_view key, bool value, int milliseconds) {
  const std::string wanted = cat(key, value ? " 1" : " 0");
  const auto is_so = [&] {
    auto text = try_read(directory, "cgroup.events");
    if (!text) return !value; // gone
    const auto all = lines(*text);
    return std::find(all.begin(), all.end(), wanted) != all.end();
  };
  if (is_so()) return true;
  // Watching begins before the next look, so no change is missed.
  auto watch = sys::FileWatch::try_watch(cat(directory, "/cgroup.events"));
  const int64_t end = sys::monotonic_ms() + milliseconds;
  while (!is_so()) {
    const int64_t left = end - sys::monotonic_ms();
    if (left <= 0) return false;
    if (watch) {
      watch->wait(static_cast<int>(left));
    } else {
      sys::pause_for(1); // no inotify instance left: fs.inotify.max_user_instances
    }
  }
  return true;
}

} // namespace skiff::cgroups::v2
