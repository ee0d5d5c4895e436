// SHA-256 (FIPS 180-4), for names of cached files. Not for secrets.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace skiff {

// 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

} // namespace skiff
