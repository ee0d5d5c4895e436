// rtnetlink(7): requests are built in a string, answers are walked with the bounds checked.
#include "runtime/sys/netlink.h"

#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace skiff::sys {

namespace {

// A message under construction; its length is set when it is sent.
class Request {
public:
  template <class Header> Request(uint16_t type, uint16_t flags, const Header& header) {
    const nlmsghdr start{0, type, static_cast<uint16_t>(NLM_F_REQUEST | flags), 0, 0};
    append(&start, sizeof start);
    append(&header, sizeof header);
  }

  void add(uint16_t type, std::string_view value) {
    const rtattr attribute{static_cast<uint16_t>(sizeof(rtattr) + value.size()), type};
    append(&attribute, sizeof attribute);
    append(value.data(), value.size());
  }
  void add(uint16_t type, uint32_t value) { add(type, {reinterpret_cast<const char*>(&value), sizeof value}); }
  void add_name(uint16_t type, const std::string& name) { add(type, {name.c_str(), name.size() + 1}); }

  std::string take() && { return std::move(bytes_); }

private:
  void append(const void* data, size_t size) {
    bytes_.append(static_cast<const char*>(data), size);
    bytes_.resize((bytes_.size() + 3) & ~size_t{3}); // NLMSG_ALIGNTO and RTA_ALIGNTO
  }

  std::string bytes_;
};

template <class Header> Header header_of(std::string_view body) {
  Header header{};
  if (body.size() >= sizeof header) std::memcpy(&header, body.data(), sizeof header);
  return header;
}

// Calls use(type, value) for each attribute behind a header of this size.
template <class Use> void for_each_attribute(std::string_view body, size_t header_size, Use use) {
  size_t at = (header_size + 3) & ~size_t{3};
  while (at + sizeof(rtattr) <= body.size()) {
    rtattr attribute;
    std::memcpy(&attribute, body.data() + at, sizeof attribute);
    if (attribute.rta_len < sizeof attribute || at + attribute.rta_len > body.size()) return;
    use(attribute.rta_type, body.substr(at + sizeof attribute, attribute.rta_len - sizeof attribute));
    at += (attribute.rta_len + size_t{3}) & ~size_t{3};
  }
}

InterfaceAddress address_of(std::string_view body) {
  const auto header = header_of<ifaddrmsg>(body);
  InterfaceAddress found{header.ifa_family, header.ifa_prefixlen, header.ifa_scope, header.ifa_flags, {}, {}, {}};
  for_each_attribute(body, sizeof header, [&](uint16_t type, std::string_view value) {
    if (type == IFA_LOCAL) found.local = value;
    if (type == IFA_ADDRESS) found.address = value;
    if (type == IFA_BROADCAST) found.broadcast = value;
    if (type == IFA_FLAGS && value.size() == sizeof found.flags)
      std::memcpy(&found.flags, value.data(), sizeof found.flags);
  });
  return found;
}

void ignore(uint16_t, std::string_view) {}

} // namespace

Result<Netlink> Netlink::try_open() {
  Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket) return Errno::last();
  return Netlink(std::move(socket));
}

template <class Use> Result<void> Netlink::try_talk(std::string request, Use use) {
  nlmsghdr start;
  std::memcpy(&start, request.data(), sizeof start);
  start.nlmsg_len = static_cast<uint32_t>(request.size());
  start.nlmsg_seq = ++sequence_;
  std::memcpy(request.data(), &start, sizeof start);
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  const auto* to = reinterpret_cast<const sockaddr*>(&kernel);
  if (::sendto(socket_.get(), request.data(), request.size(), 0, to, sizeof kernel) < 0) return Errno::last();
  for (;;) {
    std::array<char, 65536> buffer;
    const ssize_t n = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Errno::last();
    std::string_view rest(buffer.data(), static_cast<size_t>(n));
    while (rest.size() >= sizeof(nlmsghdr)) {
      const auto header = header_of<nlmsghdr>(rest);
      if (header.nlmsg_len < sizeof header || header.nlmsg_len > rest.size()) return Errno{EBADMSG};
      const std::string_view body = rest.substr(sizeof header, header.nlmsg_len - sizeof header);
      rest.remove_prefix(std::min(rest.size(), (header.nlmsg_len + size_t{3}) & ~size_t{3}));
      if (header.nlmsg_seq != sequence_) continue;
      if (header.nlmsg_type == NLMSG_DONE) return {};
      if (header.nlmsg_type == NLMSG_ERROR) {
        const int error = -header_of<nlmsgerr>(body).error;
        if (error != 0) return Errno{error};
        return {}; // the acknowledgement
      }
      use(header.nlmsg_type, body);
    }
  }
}

Result<Interface> Netlink::try_find(const std::string& name) {
  Request request(RTM_GETLINK, NLM_F_ACK, ifinfomsg{});
  request.add_name(IFLA_IFNAME, name);
  Interface found;
  const Result<void> done = try_talk(std::move(request).take(), [&](uint16_t type, std::string_view body) {
    if (type != RTM_NEWLINK) return;
    const auto header = header_of<ifinfomsg>(body);
    found = {header.ifi_index, header.ifi_flags};
  });
  if (!done) return Errno{done.error()};
  if (found.index == 0) return Errno{ENODEV};
  return found;
}

Result<std::vector<InterfaceAddress>> Netlink::try_addresses(int index) {
  std::vector<InterfaceAddress> all;
  // The kernel filters a dump by interface only when it is asked in a strict way; here it is done by hand.
  const Result<void> done =
      try_talk(Request(RTM_GETADDR, NLM_F_DUMP, ifaddrmsg{}).take(), [&](uint16_t type, std::string_view body) {
        if (type != RTM_NEWADDR || static_cast<int>(header_of<ifaddrmsg>(body).ifa_index) != index) return;
        all.push_back(address_of(body));
      });
  if (!done) return Errno{done.error()};
  return all;
}

Result<void> Netlink::try_set_up(int index, bool up) {
  ifinfomsg header{};
  header.ifi_index = index;
  header.ifi_change = IFF_UP;
  header.ifi_flags = up ? unsigned{IFF_UP} : 0U;
  return try_talk(Request(RTM_NEWLINK, NLM_F_ACK, header).take(), ignore);
}

Result<void> Netlink::try_move(int index, FdRef network_namespace, const std::string& name) {
  ifinfomsg header{};
  header.ifi_index = index;
  Request request(RTM_NEWLINK, NLM_F_ACK, header);
  request.add_name(IFLA_IFNAME, name);
  request.add(IFLA_NET_NS_FD, static_cast<uint32_t>(network_namespace.get()));
  return try_talk(std::move(request).take(), ignore);
}

Result<void> Netlink::try_add_address(int index, const InterfaceAddress& address) {
  ifaddrmsg header{};
  header.ifa_family = address.family;
  header.ifa_prefixlen = address.prefix_length;
  header.ifa_scope = address.scope;
  header.ifa_index = static_cast<uint32_t>(index);
  Request request(RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, header);
  if (!address.local.empty()) request.add(IFA_LOCAL, address.local);
  if (!address.address.empty()) request.add(IFA_ADDRESS, address.address);
  if (!address.broadcast.empty()) request.add(IFA_BROADCAST, address.broadcast);
  if (address.flags & IFA_F_NODAD) request.add(IFA_FLAGS, uint32_t{IFA_F_NODAD});
  return try_talk(std::move(request).take(), ignore);
}

} // namespace skiff::sys
