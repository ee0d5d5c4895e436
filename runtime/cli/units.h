// Numbers with units, as Go's libraries read them.
#pragma once

#include <cstdint>
#include <string_view>

namespace skiff::cli {

// Bytes: "64M", "1.5g", "512KiB", "100 kB"; units are powers of 1024. As RAMInBytes of docker/go-units. Throws Error.
int64_t parse_bytes(std::string_view text);

// Milliseconds: "5s", "100ms", "1m30s", "1.5h". As Go's time.ParseDuration, rounded up to a whole millisecond. Throws
// Error.
int64_t parse_duration(std::string_view text);

} // namespace skiff::cli
