// A reader of passwd(5).
#include "runtime/cli/owner.h"

#include "runtime/base/text.h"
#include "runtime/sys/file.h"

namespace skiff::cli {

std::optional<std::string> user_name(std::string_view passwd, uid_t uid) {
  for (const std::string_view line : lines(passwd)) {
    const std::vector<std::string_view> fields = split(line, ':');
    if (fields.size() < 4 || fields[0].empty() || fields[0].starts_with('#')) continue;
    if (parse_number<uid_t>(fields[2]) == uid) return std::string(fields[0]);
  }
  return std::nullopt;
}

std::string owner_name(uid_t uid) {
  Result<std::string> passwd = sys::try_read_file(sys::FdRef(sys::kCwd), "/etc/passwd");
  return (passwd ? user_name(*passwd, uid) : std::nullopt).value_or(cat('#', uid));
}

} // namespace skiff::cli
