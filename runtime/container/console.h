// Who gets the master of a process's terminal.
#pragma once

#include <string>

#include "runtime/sys/fd.h"

namespace skiff {

enum class Detached { no, yes };

// Refuses what cannot work: a terminal that nobody would get, a socket that nothing would come through. Throws Error.
void check_console(bool wants_terminal, Detached detached, const std::string& console_socket);

// A socket of the engine's that one descriptor goes through: --console-socket, --pidfd-socket.
class HandoverSocket {
public:
  HandoverSocket() = default;
  // Connects, so that a socket that is missing is found out before anything is done. An empty path: none. Throws Error.
  explicit HandoverSocket(const std::string& path);
  explicit operator bool() const { return static_cast<bool>(socket_); }
  // Throws Error.
  void send(std::string_view text, sys::FdRef cargo);

private:
  std::string path_;
  sys::Fd socket_;
};

} // namespace skiff
