// `exec`: a further process in a container.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "oci-spec/spec.h"
#include "runtime/container/store.h"

namespace skiff {

// The options of `exec`; paths as given by the caller.
struct ExecOptions {
  std::string id;
  std::vector<std::string> args; // of the process
  std::string process_file;      // a whole process object, in place of the following
  std::string cwd;
  std::string user; // UID[:GID]
  std::vector<std::string> env;
  std::vector<int> additional_gids;
  std::vector<std::string> capabilities;
  std::optional<bool> no_new_privileges;
  std::string apparmor_profile;
  std::string process_label;
  bool terminal = false;

  std::string console_socket;
  std::string pidfd_socket;
  std::string pid_file;
  std::vector<std::string> cgroups; // --cgroup
  int preserve_fds = 0;
  bool detach = false;
  bool ignore_paused = false;
};

// Runs the process, and without `detach` waits for it. Returns its exit status as a shell has it. Throws Error.
int exec(const Home& home, const ExecOptions& options);

// What the options make of the container's own process. Reads options.process_file. Throws Error.
oci::Process exec_process(const oci::Process& container, const ExecOptions& options, const Policy& policy);

// What stands for the process that a configuration has not: no program, no rights.
oci::Process process_without_program();

} // namespace skiff
