// Notices that the kernel killed a process of a container for want of memory: the kernel's
// admin-guide/cgroup-v1/memory, "OOM Control", and cgroup-v2, "memory.events".
#pragma once

#include <cstdint>
#include <string>

#include "runtime/cgroups/cgroups.h"
#include "runtime/sys/watch.h"

namespace skiff::cgroups {

class OomWatch {
public:
  // Begins to watch. Throws Error.
  explicit OomWatch(const Place& place);

  enum class Event {
    Oom,
    Ended, // v1: the cgroup is gone; cgroup2: nobody is left in it
    Nothing,
  };
  // What happens next, within so many milliseconds.
  Event wait(int milliseconds);

private:
  void watch_legacy();
  void watch_unified();
  Event wait_legacy(int milliseconds);
  Event wait_unified(int milliseconds);
  uint64_t kills() const;

  std::string directory_;
  bool legacy_ = false;
  sys::Fd eventfd_;      // v1
  sys::FileWatch files_; // cgroup2
  uint64_t seen_ = 0;    // kills that were reported
};

} // namespace skiff::cgroups
