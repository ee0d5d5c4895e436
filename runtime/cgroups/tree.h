// Directories of a cgroup hierarchy, and their files.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/cgroups/settings.h"
#include "runtime/sys/fd.h"

namespace skiff::cgroups {

// Remembers the directories that it made and removes them again, unless keep() is called.
class NewDirectories {
public:
  enum class Outcome { Made, Existed };

  NewDirectories() = default;
  NewDirectories(const NewDirectories&) = delete;
  NewDirectories& operator=(const NewDirectories&) = delete;
  ~NewDirectories();

  // mkdir(2) of the last component. Throws "mkdir PATH: reason".
  Outcome make(const std::string& path);
  // mkdir -p of what is below `mount_point`; the outcome is that of the last component. Throws.
  Outcome make_below(const std::string& mount_point, const std::string& path);
  bool made(const std::string& path) const;
  // Takes over what `other` made.
  void take(NewDirectories& other);
  void keep() { made_.clear(); }

private:
  std::vector<std::string> made_;
};

// A file of a cgroup without blanks at its ends.
Result<std::string> try_read(const std::string& directory, std::string_view file);
std::string read(const std::string& directory, std::string_view file); // throws "open PATH: reason"

// One write(2), with the order of the file's system calls and runc's words: "open PATH: ..." or
// `failed to write "VALUE": write PATH: ...`.
void write(const std::string& directory, std::string_view file, std::string_view value);
Result<void> try_write(const std::string& directory, std::string_view file, std::string_view value);

// A directory's cgroup.procs, or cgroup.threads of a threaded cgroup. Zeros (processes that our pid namespace cannot
// name) are left out.
Result<std::vector<int>> try_processes_in(const std::string& directory);
// The same of the directory and all below it. A cgroup that vanishes meanwhile has none.
std::vector<int> processes_below(const std::string& directory);

// Writes to the file of a directory, and of all below it, where that can be done.
void try_write_below(const std::string& directory, const char* file, std::string_view value);

// rmdir(2), children first. A directory that is busy is retried for a short time. Throws "rmdir PATH: reason".
void remove_below(const std::string& directory);

} // namespace skiff::cgroups
