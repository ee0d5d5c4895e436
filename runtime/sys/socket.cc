#include "runtime/sys/socket.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"
#include "runtime/sys/path.h"

namespace skiff::sys {

namespace {

struct Address {
  sockaddr_un name{};
  socklen_t size = 0;
  Fd parent; // keeps /proc/self/fd/N valid
};

// sun_path holds 107 bytes; a longer path is reached through its parent directory's descriptor.
Result<Address> address_of(const std::string& path) {
  Address address;
  address.name.sun_family = AF_UNIX;
  std::string usable = path;
  if (path.size() >= sizeof address.name.sun_path) {
    const PathParts parts = split_path(path);
    Result<DirFd> parent = try_open_dir(FdRef(kCwd), parts.parent.c_str());
    if (!parent) return Errno{parent.error()};
    usable = cat("/proc/self/fd/", parent->get(), "/", parts.name);
    address.parent = std::move(*parent);
    if (usable.size() >= sizeof address.name.sun_path) return Errno{ENAMETOOLONG};
  }
  std::memcpy(address.name.sun_path, usable.c_str(), usable.size() + 1);
  address.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + usable.size() + 1);
  return address;
}

enum class Role { bind, connect };

Result<Fd> make_socket(const std::string& path, int type, Role role) {
  Result<Address> address = address_of(path);
  if (!address) return Errno{address.error()};
  Fd socket(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  if (!socket) return Errno::last();
  const auto* name = reinterpret_cast<const sockaddr*>(&address->name);
  const int done =
      role == Role::bind ? ::bind(socket.get(), name, address->size) : ::connect(socket.get(), name, address->size);
  if (done != 0) return Errno::last();
  return socket;
}

} // namespace

std::pair<Fd, Fd> make_socket_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) throw Error(errno, "socketpair");
  return {Fd(ends[0]), Fd(ends[1])};
}

Result<Fd> try_connect(const std::string& path) {
  return make_socket(path, SOCK_STREAM, Role::connect);
}
Result<Fd> try_bind_datagram(const std::string& path) {
  return make_socket(path, SOCK_DGRAM, Role::bind);
}
Result<Fd> try_connect_datagram(const std::string& path) {
  return make_socket(path, SOCK_DGRAM, Role::connect);
}

Result<void> try_send(FdRef socket, std::string_view bytes, FdRef cargo) {
  iovec part{const_cast<char*>(bytes.data()), bytes.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  if (cargo.get() >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    const int fd = cargo.get();
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  }
  while (::sendmsg(socket.get(), &message, MSG_NOSIGNAL) < 0)
    if (errno != EINTR) return Errno::last();
  return {};
}

Result<Received> try_receive(FdRef socket, char* buffer, size_t capacity) {
  iovec part{buffer, capacity};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t n;
  do n = ::recvmsg(socket.get(), &message, MSG_CMSG_CLOEXEC);
  while (n < 0 && errno == EINTR);
  if (n < 0) return Errno::last();
  Received received{.size = static_cast<size_t>(n), .cargo = Fd()};
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    int fd;
    std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
    received.cargo.reset(fd);
  }
  if (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) return Errno{EMSGSIZE};
  return received;
}

} // namespace skiff::sys
