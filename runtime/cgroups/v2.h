// A container's cgroup in cgroup2: the kernel's admin-guide/cgroup-v2.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "runtime/cgroups/limits_v2.h"
#include "runtime/cgroups/rollback.h"
#include "runtime/cgroups/tree.h"

namespace skiff::cgroups::v2 {

struct Wanted {
  std::vector<std::string> required; // controllers that a limit needs
  std::vector<std::string> optional; // those that should be there for who reads statistics
};

// Makes the directory and hands the controllers down to it, level by level; only what is not yet on is written. Throws
// Error when a required controller cannot be had.
NewDirectories::Outcome create(NewDirectories& directories, const std::string& mount_point,
                               const std::string& directory, const Wanted& wanted);

// Reads what limits_v2() depends on.
FactsV2 facts(const oci::Resources& resources, const std::string& directory);

// Resources.unified: names of files in the directory and what to write to each of them, line by line. `rollback` may be
// null. Throws Error.
void write_unified(const std::string& directory, const std::map<std::string, std::string>& values, Rollback* rollback);

// memory.checkBeforeUpdate of config-linux.md: refuses limits below what is in use. Throws Error.
void check_memory_usage(const std::string& directory, const oci::MemoryLimits& memory);

// cgroup.freeze of this very cgroup.
bool frozen(const std::string& directory);
// Freezes and waits until it is so, or thaws. Throws Error, and then the cgroup is thawed.
void freeze(const std::string& directory, bool on);

// cgroup.kill: every process in the cgroup and below it, with those that are being forked. Since 5.14.
Result<void> try_kill(const std::string& directory);

// Waits until `key` of cgroup.events ("populated", "frozen") has the value. False when `milliseconds` pass first; a
// cgroup that is gone is neither populated nor frozen.
bool wait_for_event(const std::string& directory, std::string_view key, bool value, int milliseconds);

} // namespace skiff::cgroups::v2
