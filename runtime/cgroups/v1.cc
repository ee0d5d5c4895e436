// cgroup v1.
#include "runtime/cgroups/v1.h"

#include <algorithm>
#include <cerrno>

#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/sys/file.h"
#include "runtime/sys/watch.h"

namespace skiff::cgroups::v1 {

namespace {

std::string parent_of(const std::string& directory) {
  return directory.substr(0, directory.rfind('/'));
}

// A new cpuset is empty; it inherits what its parent has.
void inherit_cpuset(const std::string& directory) {
  for (const std::string_view file : {"cpuset.cpus", "cpuset.mems"}) {
    if (read(directory, file).empty()) write(directory, file, read(parent_of(directory), file));
  }
}

void create_cpuset_parents(NewDirectories& directories, const std::string& mount_point, const std::string& directory) {
  if (directory.size() <= mount_point.size()) return;
  create_cpuset_parents(directories, mount_point, parent_of(directory));
  (void)directories.make(directory);
  inherit_cpuset(directory);
}

bool has(const Hierarchy& hierarchy, std::string_view controller) {
  const auto& all = hierarchy.controllers;
  return std::find(all.begin(), all.end(), controller) != all.end();
}

} // namespace

NewDirectories::Outcome create(NewDirectories& directories, const Hierarchy& hierarchy, const std::string& directory,
                               const oci::Resources& resources) {
  if (!has(hierarchy, "cpuset")) return directories.make_below(hierarchy.mount_point, directory);
  create_cpuset_parents(directories, hierarchy.mount_point, parent_of(directory));
  const auto outcome = directories.make(directory);
  // The configured values first: an exclusive sibling may forbid the parent's.
  if (resources.cpu) {
    if (!resources.cpu->cpus.empty()) write(directory, "cpuset.cpus", resources.cpu->cpus);
    if (!resources.cpu->mems.empty()) write(directory, "cpuset.mems", resources.cpu->mems);
  }
  if (directory.size() > hierarchy.mount_point.size()) inherit_cpuset(directory);
  return outcome;
}

FactsV1 facts(const oci::Resources& resources, const std::string& memory, const std::string& blkio) {
  FactsV1 out;
  if (!memory.empty() && resources.memory && resources.memory->limit.value_or(0) != 0 &&
      resources.memory->swap.value_or(0) != 0) {
    const auto limit = parse_number<uint64_t>(read(memory, "memory.limit_in_bytes"));
    if (limit) out.memory_limit = *limit;
  }
  const auto& io = resources.block_io;
  if (!blkio.empty() && io && (io->weight || !io->weight_device.empty())) {
    out.blkio_weight = sys::exists(cat(blkio, "/blkio.weight"));
  }
  return out;
}

bool frozen(const std::string& directory) {
  constexpr int longest_wait_ms = 1000; // FREEZING is passing: somebody else is at it
  for (int waited = 0;; ++waited) {
    auto state = try_read(directory, "freezer.state");
    if (!state) {
      if (state.error() == ENOENT || state.error() == ENODEV) return false;
      throw Error(state.error(), cat("open ", directory, "/freezer.state"));
    }
    if (*state == "FREEZING" && waited < longest_wait_ms) {
      sys::pause_for(1);
      continue;
    }
    if (*state == "THAWED") return false;
    auto self = try_read(directory, "freezer.self_freezing"); // since 3.8
    return !self || *self == "1";
  }
}

void freeze(const std::string& directory, bool on) {
  constexpr std::string_view file = "freezer.state";
  if (!on) return write(directory, file, "THAWED");
  // While processes keep appearing the state stays FREEZING; writing again sweeps the new ones in, and an occasional
  // thaw lets those proceed that are between two states. No event tells when it is done. The numbers are runc's.
  constexpr int attempts = 1000;
  for (int i = 0; i < attempts; ++i) {
    if (i % 50 == 49) {
      (void)try_write(directory, file, "THAWED");
      sys::pause_for(10);
    }
    write(directory, file, "FROZEN");
    auto state = try_read(directory, file);
    if (!state) break;
    if (*state == "FROZEN") return;
  }
  (void)try_write(directory, file, "THAWED");
  throw Error("unable to freeze");
}

} // namespace skiff::cgroups::v1
