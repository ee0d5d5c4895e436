// Waiting for a file to change: inotify(7). For files of cgroup2 that announce events (cgroups(7), "cgroup.events").
#pragma once

#include <string>

#include "runtime/base/result.h"
#include "runtime/sys/fd.h"

namespace skiff::sys {

class FileWatch {
public:
  FileWatch() = default; // of nothing
  // Starts to watch; changes from now on count.
  static Result<FileWatch> try_watch(const std::string& path);
  // One more file.
  Result<void> try_add(const std::string& path);
  // Returns when the file has changed since the last call, or after `milliseconds`.
  void wait(int milliseconds) const;

private:
  explicit FileWatch(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

// nanosleep(2), for what announces no event.
void pause_for(int milliseconds);

// Milliseconds of the monotonic clock.
int64_t monotonic_ms();

} // namespace skiff::sys
