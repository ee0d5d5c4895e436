// Where in a document a visitor is; made into text only for a message.
#pragma once

#include <string>
#include <string_view>

namespace oci::json {

// One step from a value to one inside it. Steps live on the stack of the visitor and point to the step before.
struct Step {
  enum class Kind { member, key, element };
  const Step* parent = nullptr;
  Kind kind = Kind::member;
  std::string_view name; // of a member, or the key of a map
  size_t index = 0;      // of an element
};

// `process.rlimits[1].soft`, `annotations["a.b"]`; empty for the document itself (nullptr).
std::string path_text(const Step* step);

} // namespace oci::json
