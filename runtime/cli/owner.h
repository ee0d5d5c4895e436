// Who owns a container, for `list`. /etc/passwd is read directly: NSS would load libraries into a static program.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

namespace skiff::cli {

// The name of a user in a text of passwd(5).
std::optional<std::string> user_name(std::string_view passwd, uid_t uid);
// The user's name, or "#UID".
std::string owner_name(uid_t uid);

} // namespace skiff::cli
