// The container's cgroup: config-linux.md, "Control groups"; cgroups(7).
//
// Three layouts: unified (cgroup2 at /sys/fs/cgroup), legacy (v1 hierarchies), and hybrid (v1 hierarchies beside a
// cgroup2 mount, which may own controllers of its own).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "oci-spec/resources.h"
#include "runtime/sys/fd.h"

namespace skiff::cgroups {

// Where a container's cgroup is: what state.json remembers of it. Absolute paths as the runtime sees them.
struct Place {
  std::string unified;                       // directory in cgroup2; empty = none
  std::map<std::string, std::string> legacy; // v1: controllers as mounted ("cpu,cpuacct", "name=systemd") -> directory
  std::string unit;                          // the systemd unit that the cgroup belongs to; empty = it is ours alone
  bool user_systemd = false;                 // of the user's systemd, not the machine's

  bool empty() const { return unified.empty() && legacy.empty(); } // the container has none
};

// One hierarchy as a `cgroup` mount in the container shows it.
struct View {
  std::string name;           // directory name below /sys/fs/cgroup ("cpu,cpuacct"); empty for unified alone
  std::string directory;      // the container's own directory on the host
  std::string hierarchy_root; // the mount point of the hierarchy on the host
  bool unified = false;
  std::vector<std::string> symlinks; // further names that point to `name` ("cpu", "cpuacct")
};

// Who makes the container's cgroup.
enum class Driver { Cgroupfs, Systemd };

struct Request {
  std::string id;
  std::string cgroups_path; // linux.cgroupsPath; for systemd "slice:prefix:name"
  bool rootless = false;    // errors of permission are not fatal when nothing was asked for
  oci::Resources resources; // device rules included
  Driver driver = Driver::Cgroupfs;
  std::map<std::string, std::string> annotations; // org.systemd.property.*
  // systemd: the cgroup below the scope that is the container's, relative to it; "" = the scope itself.
  std::optional<std::string> subgroup;
  std::string unified_subgroup; // where nobody has named one, on cgroup2 alone
};

// Whether a process came into being in birth_place().
enum class Born { InPlace, Elsewhere };

class Manager {
public:
  virtual ~Manager() = default;
  // Before the clone: makes the directories and writes the limits. Throws Error; then nothing is left.
  virtual void prepare() = 0;
  // cgroup2 only: the directory for CLONE_INTO_CGROUP. None where join() has to do it.
  virtual std::optional<sys::FdRef> birth_place() const = 0;
  // Moves `pid` where birth did not put it: the v1 hierarchies, a user's scope that is out of our reach, and the birth
  // place where it was not used. Attaches the device filter of cgroup2: nothing of the container may run before it.
  virtual void join(int pid, Born born) = 0;
  // Writes what is set in `resources` (devices aside; a zero is "leave it") over what is in force. Throws Error; then
  // what was written before is taken back.
  virtual void update(const oci::Resources& resources) = 0;
  // From the device rules that are in force to others. Throws Error.
  virtual void update_devices(std::span<const oci::DeviceRule> before, std::span<const oci::DeviceRule> after) = 0;
  virtual Place place() const = 0;
  virtual std::vector<View> views() const = 0;
  virtual bool frozen() const = 0;
  virtual void freeze(bool on) = 0;
  // Thaws it for processes that have been killed: version 1 holds them, also in cgroups that the container has made and
  // frozen itself.
  virtual void let_die() = 0;
  // All processes in the cgroup and below it, as the runtime's pid namespace numbers them.
  virtual std::vector<int> processes() const = 0;
  // Sends the signal to every process in the cgroup; SIGKILL leaves none behind, whatever they fork, and thaws. Throws
  // messages::kCgroupNotExist when the cgroup is gone.
  virtual void signal_all(int signal) = 0;
  // Kills what is still in the cgroup, waits for its end and removes it, with all below. Nothing there is success.
  // Throws Error, after ten seconds if processes do not end.
  virtual void remove() = 0;
};

// For `create`: looks at the layout, decides the place, makes nothing yet. Throws Error.
std::unique_ptr<Manager> plan(Request request);
// For every later command.
std::unique_ptr<Manager> open(const Place& place);

} // namespace skiff::cgroups
