// A parsed JSON document: a read-only tree whose nodes know where in the text they stood.
#pragma once

#include <cstdint>
#include <memory>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>

namespace oci::json {

enum class Kind : uint8_t { null, boolean, number, string, array, object };

struct Item;

// One node. Trivially copyable; its texts and children belong to the Document.
class Value {
public:
  Value() = default;
  static Value null(size_t offset) { return {Kind::null, offset}; }
  static Value boolean(size_t offset, bool truth);
  // `text` as it stands in the document: only the reader knows which range is wanted.
  static Value number(size_t offset, std::string_view text);
  static Value string(size_t offset, std::string_view text);
  static Value container(Kind kind, size_t offset, std::span<const Item> items);

  Kind kind() const { return kind_; }
  // Bytes from the begin of the document.
  size_t offset() const { return offset_; }
  bool truth() const { return truth_; }
  // The characters of a number, or of a string without its escapes.
  std::string_view text() const { return text_; }
  // The elements of an array (without names) or the members of an object, in the document's order.
  std::span<const Item> items() const;
  // The member of an object; nullptr if there is none.
  const Value* find(std::string_view name) const;

private:
  Value(Kind kind, size_t offset) : offset_(static_cast<uint32_t>(offset)), kind_(kind) {}

  std::string_view text_;
  const Item* items_ = nullptr;
  uint32_t count_ = 0;
  uint32_t offset_ = 0;
  Kind kind_ = Kind::null;
  bool truth_ = false;
};

struct Item {
  std::string_view name;
  Value value;
};

inline std::span<const Item> Value::items() const {
  return {items_, count_};
}

// Owns the nodes. Texts without escapes are views into the parsed text, which must live as long.
class Document {
public:
  Document(std::string_view text, std::string_view file);

  const Value& root() const { return root_; }
  // "FILE:LINE:COLUMN"; lines and columns count from 1, columns in bytes.
  std::string place(size_t offset) const;

private:
  friend class Builder;
  std::string_view text_;
  std::string_view file_;
  std::unique_ptr<std::pmr::monotonic_buffer_resource> arena_;
  Value root_;
};

// What stands there, in words for a message: `the string "x"`, `the number 3`, `an array`.
std::string describe_found(const Value& value);

} // namespace oci::json
