#include "runtime/checkpoint/options.h"

#include <array>
#include <string_view>

#include "runtime/base/error.h"

namespace skiff::checkpoint {

namespace {

struct Name {
  std::string_view text;
  unsigned value;
};

// Of rpc.proto.
constexpr std::array kModes = {Name{"", 6}, Name{"soft", 3}, Name{"full", 4}, Name{"strict", 5},
                               Name{"ignore", kIgnoreCgroups}};
constexpr std::array kLocks = {Name{"", 0}, Name{"iptables", 1}, Name{"nftables", 2}, Name{"skip", 3}};

template <size_t N> unsigned look_up(const std::array<Name, N>& names, std::string_view text, const char* refusal) {
  for (const Name& name : names)
    if (name.text == text) return name.value;
  throw Error(refusal);
}

} // namespace

unsigned cgroups_mode(const std::string& name) {
  return look_up(kModes, name, "invalid manage-cgroups-mode value");
}

unsigned network_lock(const std::string& name) {
  return look_up(kLocks, name, "invalid network-lock value");
}

} // namespace skiff::checkpoint
