#include "runtime/container/console.h"

#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/sys/socket.h"

namespace skiff {

void check_console(bool wants_terminal, Detached detached, const std::string& console_socket) {
  const bool has_socket = !console_socket.empty();
  if (detached == Detached::yes && wants_terminal && !has_socket)
    throw Error("cannot allocate tty if runc will detach without setting console socket");
  if ((detached == Detached::no || !wants_terminal) && has_socket)
    throw Error("cannot use console socket if runc will not detach or allocate tty");
}

HandoverSocket::HandoverSocket(const std::string& path) : path_(path) {
  if (!path.empty()) socket_ = sys::try_connect(path).or_throw([&] { return cat("dial unix ", path, ": connect"); });
}

void HandoverSocket::send(std::string_view text, sys::FdRef cargo) {
  sys::try_send(socket_, text, cargo).or_throw([&] { return cat("send a descriptor to ", path_); });
}

} // namespace skiff
