// The read-only JSON tree.
#include "oci-spec/json/value.h"

#include <algorithm>

#include "runtime/base/text.h"

namespace oci::json {

Value Value::boolean(size_t offset, bool truth) {
  Value value(Kind::boolean, offset);
  value.truth_ = truth;
  return value;
}

Value Value::number(size_t offset, std::string_view text) {
  Value value(Kind::number, offset);
  value.text_ = text;
  return value;
}

Value Value::string(size_t offset, std::string_view text) {
  Value value(Kind::string, offset);
  value.text_ = text;
  return value;
}

Value Value::container(Kind kind, size_t offset, std::span<const Item> items) {
  Value value(kind, offset);
  value.items_ = items.data();
  value.count_ = static_cast<uint32_t>(items.size());
  return value;
}

const Value* Value::find(std::string_view name) const {
  for (const Item& item : items()) {
    if (item.name == name) return &item.value;
  }
  return nullptr;
}

Document::Document(std::string_view text, std::string_view file)
    : text_(text), file_(file),
      arena_(std::make_unique<std::pmr::monotonic_buffer_resource>(4 * std::min(text.size(), size_t{1} << 16) + 1024)) {
}

std::string Document::place(size_t offset) const {
  const std::string_view before = text_.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const size_t line_start = before.rfind('\n') + 1; // npos + 1 is 0
  return skiff::cat(file_, ':', line, ':', before.size() - line_start + 1);
}

std::string describe_found(const Value& value) {
  // A message stays one line of sensible length, whatever the document holds.
  static constexpr size_t kLongest = 80;
  const std::string_view text = value.text();
  const std::string_view dots = text.size() > kLongest ? "..." : "";
  switch (value.kind()) {
  case Kind::null:
    return "null";
  case Kind::boolean:
    return value.truth() ? "true" : "false";
  case Kind::number:
    return skiff::cat("the number ", text.substr(0, kLongest), dots);
  case Kind::string:
    return skiff::cat("the string ", skiff::quote(text.substr(0, kLongest)), dots);
  case Kind::array:
    return "an array";
  case Kind::object:
    return "an object";
  }
  return {};
}

} // namespace oci::json
