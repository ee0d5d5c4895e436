// libdbus has no call to set the identity for its authentication, so we answer its geteuid(2).
#include "runtime/cgroups/bus_identity.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <optional>
#include <string>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"

namespace skiff::cgroups {

namespace {

std::optional<uid_t> claimed_id; // D11: there is one thread

} // namespace

uid_t outside_id(uid_t id, const char* uid_map) {
  for (const auto line : lines(uid_map)) {
    uint64_t numbers[3] = {};
    size_t count = 0;
    for (const auto word : split(trim(line), ' ')) {
      if (word.empty()) continue;
      const auto number = parse_number<uint64_t>(word);
      if (!number || count == 3) return id;
      numbers[count++] = *number;
    }
    const auto [inside, outside, size] = numbers;
    if (count == 3 && id >= inside && id - inside < size) return static_cast<uid_t>(id - inside + outside);
  }
  return id;
}

OutsideIdentity::OutsideIdentity() {
  auto map = sys::try_read_file(sys::FdRef(sys::kCwd), "/proc/self/uid_map");
  if (map) claimed_id = outside_id(::geteuid(), map->c_str());
}

OutsideIdentity::~OutsideIdentity() {
  claimed_id.reset();
}

} // namespace skiff::cgroups

// In the place of libc's. Whatever else asks gets the truth.
extern "C" [[gnu::visibility("default")]] uid_t geteuid() noexcept {
  if (skiff::cgroups::claimed_id) return *skiff::cgroups::claimed_id;
  return static_cast<uid_t>(::syscall(SYS_geteuid));
}
