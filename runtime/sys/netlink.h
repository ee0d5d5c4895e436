// Network interfaces over rtnetlink(7): as little of it as linux.netDevices needs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/sys/fd.h"

namespace skiff::sys {

// One address of an interface, with the attributes that make the same address again.
struct InterfaceAddress {
  uint8_t family = 0; // AF_INET or AF_INET6
  uint8_t prefix_length = 0;
  uint8_t scope = 0;   // RT_SCOPE_*
  uint32_t flags = 0;  // IFA_F_*
  std::string local;   // bytes in network order, as the other two; empty = not given
  std::string address; // the peer's, or the same as `local`
  std::string broadcast;
};

struct Interface {
  int index = 0;
  unsigned flags = 0; // IFF_*
};

// A socket in the network namespace that the caller is in when it is made; it stays there.
class Netlink {
public:
  static Result<Netlink> try_open();

  Result<Interface> try_find(const std::string& name);
  Result<std::vector<InterfaceAddress>> try_addresses(int index);
  Result<void> try_set_up(int index, bool up);
  // Into another network namespace and under this name, in one step. EEXIST when the name is taken there.
  Result<void> try_move(int index, FdRef network_namespace, const std::string& name);
  Result<void> try_add_address(int index, const InterfaceAddress& address);

private:
  explicit Netlink(Fd socket) : socket_(std::move(socket)) {}
  // Sends the request and hands each answer to `use`, until the kernel says that it is the last.
  template <class Use> Result<void> try_talk(std::string request, Use use);

  Fd socket_;
  uint32_t sequence_ = 0;
};

} // namespace skiff::sys
