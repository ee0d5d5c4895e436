// Text -> tree.
#pragma once

#include <string_view>

#include "oci-spec/json/value.h"

namespace oci::json {

inline constexpr size_t kLargestDocument = 16U << 20; // bytes
inline constexpr size_t kDeepestNesting = 64;

// Parses one JSON value (RFC 8259) with nothing but blanks around it. `file` names it in errors; it and `text` must
// outlive the document. Stricter than the RFC where two readers could understand a document differently: a name twice
// in one object, a NUL in a string, an unpaired surrogate and invalid UTF-8 are errors. Throws SpecError.
Document parse(std::string_view text, std::string_view file);

} // namespace oci::json
