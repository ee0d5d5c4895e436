#include "runtime/init/sysctl.h"

#include "runtime/base/text.h"

namespace skiff::init {

namespace {

// "net.ipv4.conf.eth0/100.forwarding": dots separate, and a slash stands for a dot in a name; when a slash comes first
// it is the other way round. sysctl.d(5)
std::string path_of(std::string_view key) {
  std::string path = "sys/";
  const size_t first = key.find_first_of("./");
  const bool swap = first != std::string_view::npos && key[first] == '.';
  for (const char c : key) {
    if (swap && (c == '.' || c == '/')) {
      path += c == '.' ? '/' : '.';
    } else {
      path += c;
    }
  }
  return path;
}

} // namespace

void write_sysctls(const launch::InitPlan& plan, Rootfs& root) {
  for (const auto& entry : plan.sysctl)
    root.procfs().try_write(path_of(entry.first), entry.second).or_throw([&] {
      return cat("write sysctl ", entry.first, " = ", entry.second);
    });
}

} // namespace skiff::init
