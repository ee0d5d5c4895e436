// Unix sockets: pairs, clients, and descriptors as cargo (unix(7), SCM_RIGHTS).
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "runtime/base/result.h"
#include "runtime/sys/fd.h"

namespace skiff::sys {

// A connected SOCK_SEQPACKET pair. Throws.
std::pair<Fd, Fd> make_socket_pair();
// A SOCK_STREAM client of the socket at `path`, however long the path is.
Result<Fd> try_connect(const std::string& path);
// A SOCK_DGRAM socket, bound to or connected to `path`.
Result<Fd> try_bind_datagram(const std::string& path);
Result<Fd> try_connect_datagram(const std::string& path);

// One message, with one descriptor in it if `cargo` is one. EPIPE instead of SIGPIPE.
Result<void> try_send(FdRef socket, std::string_view bytes, FdRef cargo = FdRef(-1));

struct Received {
  size_t size = 0; // 0 = the other end is closed
  Fd cargo;        // close-on-exec; empty if none came
};
// One message into `buffer`; EMSGSIZE if it does not fit.
Result<Received> try_receive(FdRef socket, char* buffer, size_t capacity);

} // namespace skiff::sys
