#include "runtime/container/notify.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>

#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/log/log.h"
#include "runtime/sys/file.h"
#include "runtime/sys/socket.h"

namespace skiff {

namespace {

constexpr const char* kDirectory = "notify";

std::string host_socket() {
  const char* path = ::getenv("NOTIFY_SOCKET");
  return path == nullptr ? "" : path;
}

// Where the container finds it.
struct Inside {
  std::string directory;
  const char* name;
};
Inside inside(const Policy& policy) {
  if (policy.keeps_notify_path) return {host_socket(), "notify"};
  return {"/run/notify", "notify.sock"};
}

// The manager answers nothing; BARRIER=1 comes with a descriptor that it closes when all before it is handled.
sys::PipeReader tell(const std::string& text) {
  const sys::Fd manager = sys::try_connect_datagram(host_socket()).or_throw("connect to $NOTIFY_SOCKET");
  sys::try_send(manager, text).or_throw("send to $NOTIFY_SOCKET");
  sys::Pipe barrier = sys::make_pipe();
  sys::try_send(manager, "BARRIER=1", barrier.writer).or_throw("send to $NOTIFY_SOCKET");
  return std::move(barrier.reader);
}

} // namespace

bool NotifySocket::is_wanted() {
  return !host_socket().empty();
}

bool NotifySocket::was_prepared(const StateDir& dir) {
  return static_cast<bool>(sys::try_stat(dir.fd(), kDirectory));
}

oci::Mount NotifySocket::mount(const StateDir& dir, const Policy& policy) {
  oci::Mount mount;
  mount.destination = inside(policy).directory;
  mount.source = cat(dir.path(), '/', kDirectory);
  mount.options = {"bind", "nosuid", "noexec", "nodev", "ro"};
  return mount;
}

void NotifySocket::prepare(const StateDir& dir, const Policy& policy, oci::Spec& spec) {
  const Inside place = inside(policy);
  sys::try_mkdir(dir.fd(), kDirectory, 0755).or_throw("mkdir notify");
  spec.mounts.push_back(mount(dir, policy));
  spec.process->env.push_back(cat("NOTIFY_SOCKET=", place.directory, '/', place.name));
}

NotifySocket::NotifySocket(const StateDir& dir, const Policy& policy) {
  const std::string path = cat(dir.path(), '/', kDirectory, '/', inside(policy).name);
  socket_ = sys::try_bind_datagram(path).or_throw([&] { return cat("bind ", path); });
  if (::chmod(path.c_str(), 0777) != 0) throw Error(errno, cat("chmod ", path)); // any user of the container may write
}

bool NotifySocket::relay(int pid) {
  std::array<char, 4096> buffer;
  Result<sys::Received> got = sys::try_receive(socket_, buffer.data(), buffer.size());
  if (!got) return false;
  for (const std::string_view line : lines(std::string_view(buffer.data(), got->size))) {
    if (!line.starts_with("READY=")) continue;
    try {
      barrier_ = tell(cat(line, "\nMAINPID=", pid));
    } catch (const Error& error) {
      log::warn(cat("relay that the container is ready: ", error.what(), ", ignoring"));
    }
    return true;
  }
  return false;
}

void NotifySocket::wait(const sys::PidFd& process, int pid) {
  std::array<pollfd, 2> waited{{{socket_.get(), POLLIN, 0}, {process.get(), POLLIN, 0}}};
  for (;;) {
    if (::poll(waited.data(), waited.size(), -1) < 0 && errno != EINTR) throw Error(errno, "poll");
    if ((waited[0].revents & POLLIN) && relay(pid)) break;
    if (waited[1].revents != 0) return;
  }
  constexpr int kPatience = 30'000;
  pollfd closed{barrier_.get(), POLLIN, 0};
  if (barrier_ && ::poll(&closed, 1, kPatience) == 0)
    log::warn("the manager at $NOTIFY_SOCKET has not confirmed within 30 s, ignoring");
}

} // namespace skiff
