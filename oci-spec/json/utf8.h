// Checks that yajl does not make: it accepts overlong forms and encoded surrogates.
#pragma once

#include <string_view>

namespace oci::json {

// How many bytes from the begin are valid UTF-8 (RFC 3629); text.size() if all are.
size_t valid_utf8_prefix(std::string_view text);

// Whether the characters between a string's quotes hold a \uD800..\uDFFF that is not a pair of a high and a low one.
bool has_unpaired_surrogate(std::string_view raw);

} // namespace oci::json
