#include "runtime/container/seccomp_agent.h"

#include "runtime/base/error.h"
#include "runtime/sys/socket.h"

namespace skiff {

void send_to_agent(const oci::Seccomp& profile, const oci::State& state, int pid, sys::FdRef listener,
                   std::string_view version) {
  const sys::Fd agent = sys::try_connect(profile.listener_path)
                            .or_throw("failed to connect with seccomp agent specified in the seccomp profile");
  oci::ContainerProcessState message;
  message.oci_version = version;
  message.fds = {"seccompFd"};
  message.pid = pid;
  message.metadata = profile.listener_metadata;
  message.state = state;
  sys::try_send(agent, oci::to_json(message), listener).or_throw("failed to send the seccomp listener to its agent");
}

} // namespace skiff
