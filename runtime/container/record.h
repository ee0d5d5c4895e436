// What state.json holds: who the container is, never how it fares (that is derived, see Container::status).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "oci-spec/hooks.h"
#include "oci-spec/linux.h"
#include "oci-spec/state.h"
#include "runtime/base/result.h"
#include "runtime/cgroups/cgroups.h"
#include "runtime/resctrl/resctrl.h"
#include "runtime/sys/process.h"

namespace skiff {

// A process that cannot be mistaken for a later one with the same number.
struct ProcessIdentity {
  int pid = 0;
  uint64_t start_time = 0; // field 22 of /proc/PID/stat, clock ticks since boot
};

struct Record {
  int version = 1;
  std::string id;
  std::string oci_version;
  std::string bundle;  // absolute
  std::string rootfs;  // absolute
  std::string created; // RFC 3339, UTC, nanoseconds
  std::map<std::string, std::string> annotations;
  ProcessIdentity init;
  std::vector<oci::Namespace> namespaces; // of the configuration
  cgroups::Place cgroup;
  resctrl::Place resctrl;
  std::optional<oci::Hooks> hooks;
  std::optional<oci::Resources> resources; // after an update; before the first one those of the configuration hold
  bool has_no_program = false;             // the configuration has no process
  std::vector<std::string> stdio;          // pipes_of_streams(): container/bundle.h
  bool new_keyring = true;                 // a session keyring of its own, named after the id
};

std::string to_json(const Record& record);
// Throws Error.
Record read_record(sys::FdRef state_dir);
bool has_record(sys::FdRef state_dir);
// The container's first process, if it is still that and alive (else ESRCH). Throws Error where that cannot be found
// out.
Result<sys::PidFd> living_init(const Record& record);
void write_record(sys::FdRef state_dir, const Record& record);

// What hooks and seccomp agents are told. `pid` 0: there is no process (any more).
oci::State state_of(const Record& record, oci::Status status, int pid);

} // namespace skiff
