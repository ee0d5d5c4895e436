// A container as seen from outside: runtime-spec v1.3.0, runtime.md, "Lifecycle" and "Operations".
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "oci-spec/state.h"
#include "runtime/container/record.h"
#include "runtime/container/store.h"

namespace skiff {

// The options of `create`; paths as given by the caller.
struct CreateOptions {
  std::string id;
  std::string bundle;                 // empty = the current directory
  std::string config = "config.json"; // relative to the bundle
  std::string console_socket;
  std::string pidfd_socket;
  std::string pid_file;
  bool no_pivot = false;
  bool no_new_keyring = false;
  int preserve_fds = 0;
};

struct RunOptions {
  CreateOptions create;
  bool detach = false;
  bool keep = false;
  bool no_subreaper = false;
};

// runtime.md, "Create". Throws Error, and leaves nothing behind then.
void create(const Home& home, const CreateOptions& options);
// create and start in one; without `detach` it waits. Returns the exit status of `skiff run`.
int run(const Home& home, const RunOptions& options);

// What `update` asks for. Empty schemata leave what is there.
struct Update {
  oci::Resources resources;
  std::string l3_cache_schema; // config-linux.md, "IntelRdt"
  std::string mem_bw_schema;
};

class Container {
public:
  // Throws Error(messages::kNotExist) where there is none, messages::kInvalidId for a bad id.
  static Container open(const Home& home, const std::string& id);

  const Record& record() const { return record_; }
  const StateDir& dir() const { return dir_; }
  // Derived from the process, the FIFO and the freezer; never stored.
  oci::Status status() const;
  // runtime.md, "Start", "Kill", "Delete". Throw Error.
  void start();
  void kill(int signal, bool all);
  void remove(bool force);
  // Freezes all processes, or lets them go on. Throw Error: kNotRunning, kNotPaused.
  void pause();
  void resume();
  // Changes the limits that are in force, and remembers them; zeros leave what there is. Device rules come on top of
  // those of before. Throws Error; then all is as it was.
  void update(const Update& update);
  // All processes in the container's cgroup, as the runtime's pid namespace numbers them. None when it has stopped.
  std::vector<int> processes() const;

private:
  Container(const Home& home, StateDir dir, Record record);
  std::string root_;
  Policy policy_;
  StateDir dir_;
  Record record_;
};

// Removes what an aborted start has left under `id` (no record was written); for `delete` after kNotExist. False, and
// nothing removed, when the start was only not done yet: there is a container by now.
bool remove_leftovers(const Home& home, const std::string& id);
// Every container under the root, in the order of their names. One that cannot be read is warned of and left out.
std::vector<Container> list(const Home& home);

} // namespace skiff
