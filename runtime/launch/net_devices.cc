#include "runtime/launch/net_devices.h"

#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

#include "runtime/base/scope.h"
#include "runtime/base/text.h"
#include "runtime/sys/file.h"
#include "runtime/sys/netlink.h"
#include "runtime/sys/process.h"
#include "runtime/sys/uapi.h"

namespace skiff::launch {

namespace {

// A socket there; this process itself is back when it returns.
sys::Netlink open_netlink_in(sys::FdRef network_namespace) {
  const sys::Fd own = sys::open("/proc/self/ns/net", O_RDONLY);
  sys::try_setns(network_namespace, CLONE_NEWNET).or_throw("enter the container's network namespace");
  Result<sys::Netlink> socket = sys::Netlink::try_open();
  sys::try_setns(own, CLONE_NEWNET).or_throw("return from the container's network namespace");
  return std::move(socket).or_throw("netlink socket");
}

// Dynamic ones belong to their lease, and the link's own (fe80::) are made anew there.
bool goes_along(const sys::InterfaceAddress& address) {
  return (address.flags & IFA_F_PERMANENT) != 0 && address.scope == RT_SCOPE_UNIVERSE;
}

// "eth%d" is the first such name that is free in the container; the kernel would not tell which it took.
std::string choose_name(sys::Netlink& there, const std::string& wanted) {
  const size_t place = wanted.find("%d");
  if (place == std::string::npos) return wanted;
  constexpr int kMost = 1000;
  for (int number = 0; number < kMost; ++number) {
    const std::string name = cat(wanted.substr(0, place), number, wanted.substr(place + 2));
    if (!there.try_find(name)) return name;
  }
  throw Error(EEXIST, cat("the container has all devices ", wanted));
}

void move_device(sys::Netlink& here, sys::Netlink& there, const std::string& name, const std::string& wanted,
                 sys::FdRef network_namespace) {
  const std::string new_name = choose_name(there, wanted);
  const sys::Interface found = here.try_find(name).or_throw("link not found");
  // Before it is down: that drops the IPv6 addresses. The move drops all.
  const std::vector<sys::InterfaceAddress> addresses = here.try_addresses(found.index).or_throw("get ip addresses");
  // The kernel would find that out after the move, and the interface would end with the container.
  if (there.try_find(new_name)) throw Error(EEXIST, cat("the container has a device ", new_name));
  Scope undo([&] {
    if (found.flags & IFF_UP) (void)here.try_set_up(found.index, true);
  });
  here.try_set_up(found.index, false).or_throw("set link down");
  here.try_move(found.index, network_namespace, new_name).or_throw([&] {
    return cat("move to the container's network namespace as ", new_name);
  });
  undo.dismiss();
  const int index = there.try_find(new_name).or_throw("link not found in the container").index;
  for (const sys::InterfaceAddress& address : addresses)
    if (goes_along(address)) there.try_add_address(index, address).or_throw("set up its addresses in the container");
  there.try_set_up(index, true).or_throw("set link up in the container");
}

} // namespace

void move_net_devices(const std::map<std::string, oci::NetDevice>& devices, sys::FdRef network_namespace) {
  if (devices.empty()) return;
  sys::Netlink here = sys::Netlink::try_open().or_throw("netlink socket");
  sys::Netlink there = open_netlink_in(network_namespace);
  for (const auto& entry : devices) { // clang 14 captures no structured bindings
    const std::string& name = entry.first;
    const std::string& wanted = entry.second.name.empty() ? name : entry.second.name;
    in([&] { return cat("unable to move network device ", quote(name)); },
       [&] { move_device(here, there, name, wanted, network_namespace); });
  }
}

} // namespace skiff::launch
