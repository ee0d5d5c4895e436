#include "runtime/init/network.h"

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>

#include "runtime/base/error.h"
#include "runtime/sys/fd.h"

namespace skiff::init {

void bring_up_loopback() {
  const sys::Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket) throw Error(errno, "bring up loopback: socket");
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0) throw Error(errno, "bring up loopback");
}

} // namespace skiff::init
