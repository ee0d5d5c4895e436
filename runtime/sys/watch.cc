// inotify(7).
#include "runtime/sys/watch.h"

#include <ctime>
#include <poll.h>
#include <sys/inotify.h>

namespace skiff::sys {

Result<FileWatch> FileWatch::try_watch(const std::string& path) {
  Fd fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!fd) return Errno::last();
  FileWatch watch(std::move(fd));
  const Result<void> added = watch.try_add(path);
  if (!added) return Errno{added.error()};
  return watch;
}

Result<void> FileWatch::try_add(const std::string& path) {
  if (::inotify_add_watch(fd_.get(), path.c_str(), IN_MODIFY | IN_DELETE_SELF) < 0) return Errno::last();
  return {};
}

void FileWatch::wait(int milliseconds) const {
  pollfd item{fd_.get(), POLLIN, 0};
  if (::poll(&item, 1, milliseconds) <= 0) return; // a signal is as good as a timeout: the caller looks again
  alignas(inotify_event) char buffer[4096];
  while (::read(fd_.get(), buffer, sizeof buffer) > 0) {
  }
}

void pause_for(int milliseconds) {
  const timespec time{milliseconds / 1000, (milliseconds % 1000) * 1000000L};
  (void)::nanosleep(&time, nullptr);
}

int64_t monotonic_ms() {
  timespec now{};
  (void)::clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

} // namespace skiff::sys
