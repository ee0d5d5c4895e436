// The state root: one directory a container, which exists exactly as long as the container does. I10: nothing in it is
// reachable from a container.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hooks/runner.h"
#include "oci-spec/state.h"
#include "runtime/sys/fd.h"

namespace skiff {

enum class Rootless { no, yes, automatic };

// Where runc and crun decide differently. Who calls the runtime by which name wants which: cli/persona.h.
struct Policy {
  bool accepts_empty_mappings = false;       // a user namespace without mappings: config-linux.md
  bool refuses_unknown_capabilities = false; // else they are warned of
  bool names_bad_ids = false;                // the error tells the character and the id
  bool writes_status = false;                // ROOT/ID/status for crun's callers: container/crun_status.h
  bool takes_descriptors_as_told = false;    // LISTEN_FDS without LISTEN_PID; --preserve-fds of more than are open
  bool keeps_notify_path = false;            // NOTIFY_SOCKET inside is the caller's path, which is a directory there
  bool gives_group_of_stdio = false;         // to the container's user; else the owner alone changes
  bool exec_drops_no_new_privileges = false; // of the container, unless the caller asks for it
  bool listens_always = false;               // the seccomp agent gets a listener that no rule notifies
  bool hooks_in_bundle = false;              // createContainer hooks stand there, not in the root
  bool binds_sys = false;                    // the host's, for a user namespace in the host's network
  bool mounts_over_root = false;             // a mount on "/" is the root of those behind it
  bool starts_without_process = false;       // `start` logs that there is none, and that was all
  bool binds_take_any_option = false; // those of file systems mean nothing to a bind mount; else they are refused
  bool renews_binds = false;          // mountinfo(5) has them in the order of the configuration: launch/plan.h
  bool ignores_idle_labels = false;   // those of a security module that is not active; else they are refused
  bool says_executable_file = false;  // crun's sentence where the program is missing: "executable file `x` not found"
  oci::Status early_hooks_see = oci::Status::creating; // the container's status: hooks/moment.h
  std::string_view agent_version = oci::kSpecVersion;  // ociVersion of what the agent gets with it
  std::string_view systemd_subgroup;                   // the cgroup in the scope, on cgroup2; empty = the scope
  hooks::Words hook_words = hooks::Words::runc;
};

// Where and how containers are kept: what the global options say.
struct Home {
  std::string root;        // --root
  std::string shared;      // for what all containers share, whatever their root: caches, the launchpad; empty = none
  bool root_given = false; // `list` complains about a missing root only when it was named
  bool systemd_cgroup = false;
  bool without_cgroup = false; // new containers get none
  Rootless rootless = Rootless::automatic;
  Policy policy;
};

// Whether missing rights to cgroups are to be borne: --rootless, or what this process is.
bool is_rootless(const Home& home);

// A container's directory, locked or not.
class StateDir {
public:
  StateDir(std::string path, sys::DirFd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  const std::string& path() const { return path_; }
  sys::FdRef fd() const { return fd_; }

  // Waits for the lock; it goes with this object. False when the directory was removed meanwhile: the path may name
  // another container's by now.
  [[nodiscard]] bool try_lock();
  void lock(); // throws kNotExist
  void unlock();
  // Removes the directory with all that it holds.
  void remove();

private:
  std::string path_;
  sys::DirFd fd_;
};

namespace store {

// Throws Error (messages::kInvalidId, or as the policy has it) unless `id` is one path component of runc's alphabet
// [A-Za-z0-9_+.-].
void check_id(const std::string& id, const Policy& policy);
// Makes the directory of a new container, locked. Throws Error(messages::kExists).
StateDir reserve(const Home& home, const std::string& id);
// Throws Error(messages::kNotExist).
StateDir open(const Home& home, const std::string& id);
// The names of all containers, sorted. A missing root is an error only when it was named.
std::vector<std::string> ids(const Home& home);

} // namespace store

} // namespace skiff
