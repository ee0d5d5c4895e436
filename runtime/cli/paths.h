// Paths as text: no file system is asked.
#pragma once

#include <string>
#include <string_view>

namespace skiff::cli {

// Without ".", "..", and repeated slashes, as Go's filepath.Clean. Symlinks are not looked at.
std::string clean(std::string_view path);
// Absolute and clean; relative paths begin at the current directory. Throws Error.
std::string absolute(std::string_view path);
// The last component.
std::string_view base_name(std::string_view path);

} // namespace skiff::cli
