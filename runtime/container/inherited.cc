#include "runtime/container/inherited.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "runtime/base/error.h"
#include "runtime/base/text.h"

namespace skiff {

namespace {

unsigned listen_fds(const Policy& policy) {
  const char* count = ::getenv("LISTEN_FDS");
  const char* pid = ::getenv("LISTEN_PID");
  if (count == nullptr) return 0;
  const bool is_meant = pid != nullptr && parse_number<int>(pid) == ::getpid();
  if (!is_meant && !policy.takes_descriptors_as_told) return 0;
  return parse_number<unsigned>(count).value_or(0);
}

// Every descriptor of ours is close-on-exec; none that came over an exec can be.
bool is_passed(int fd) {
  const int flags = ::fcntl(fd, F_GETFD);
  return flags >= 0 && (flags & FD_CLOEXEC) == 0;
}

InheritedFds check_fds(unsigned listen, int preserve_fds, const Policy& policy) {
  InheritedFds fds;
  if (preserve_fds < 0) throw Error(cat("invalid number of preserved descriptors: ", preserve_fds));
  fds.count = listen + static_cast<unsigned>(preserve_fds);
  for (unsigned i = 0; i < fds.count && !policy.takes_descriptors_as_told; ++i)
    if (!is_passed(static_cast<int>(3 + i)))
      throw Error(ENOENT, cat("unable to stat preserved-fd ", i, " (of ", fds.count, ")"));
  if (listen > 0) fds.env = {cat("LISTEN_FDS=", listen), "LISTEN_PID=1"};
  return fds;
}

} // namespace

InheritedFds inherited_fds(int preserve_fds, const Policy& policy) {
  return check_fds(listen_fds(policy), preserve_fds, policy);
}

InheritedFds preserved_fds(int preserve_fds, const Policy& policy) {
  return check_fds(0, preserve_fds, policy);
}

} // namespace skiff
