// Sends its argument to the socket that $NOTIFY_SOCKET names, as sd_notify(3) does.
//
//   notify TEXT

#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>

int main(int argc, char** argv) {
  const char* path = std::getenv("NOTIFY_SOCKET");
  if (argc != 2 || path == nullptr) return 2;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  const std::string_view text = argv[1];
  const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (sendto(fd, text.data(), text.size(), 0, reinterpret_cast<const sockaddr*>(&address), sizeof address) < 0) {
    std::perror("notify");
    return 1;
  }
  return 0;
}
