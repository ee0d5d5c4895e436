#include "runtime/container/flow.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"

namespace skiff {

Sink::Sink(sys::FdRef fd, Sharing sharing) : borrowed_(fd.get()) {
  if (sharing == Sharing::ours) return;
  Result<struct stat> st = sys::try_stat(fd);
  if (!st) return;
  is_socket_ = S_ISSOCK(st->st_mode);
  if (!S_ISFIFO(st->st_mode) && !S_ISCHR(st->st_mode)) return;
  // Not possible for a terminal of another user, or a pipe whose reader has gone; then writes are kept small.
  Result<sys::Fd> again =
      sys::try_open(sys::FdRef(sys::kCwd), cat("/proc/self/fd/", fd.get()).c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY);
  if (again) own_ = std::move(*again);
  may_block_ = !own_;
}

ssize_t Sink::write(const char* bytes, size_t size) const {
  if (is_socket_) return ::send(borrowed_, bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
  constexpr size_t kFits = 4096; // PIPE_BUF: room for so much when poll(2) says that there is some
  return ::write(fd(), bytes, may_block_ ? std::min(size, kFits) : size);
}

Flow::Outcome Flow::read() {
  const ssize_t n = ::read(from_, buffer_.data(), buffer_.size());
  if (n < 0) return errno == EINTR || errno == EAGAIN ? Outcome::fine : Outcome::ended;
  begin_ = 0;
  end_ = static_cast<size_t>(n);
  return n == 0 ? Outcome::ended : Outcome::fine;
}

Flow::Outcome Flow::write() {
  const ssize_t n = to_.write(buffer_.data() + begin_, end_ - begin_);
  if (n < 0) return errno == EINTR || errno == EAGAIN ? Outcome::fine : Outcome::broken;
  begin_ += static_cast<size_t>(n);
  return Outcome::fine;
}

} // namespace skiff
