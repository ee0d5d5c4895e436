#include "runtime/checkpoint/wire.h"

#include "runtime/base/error.h"

namespace skiff::checkpoint {

namespace {

enum WireType : unsigned { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };
constexpr unsigned kTypeBits = 3;

// Takes the fields off the front of a message, one after the other.
class Fields {
public:
  explicit Fields(std::string_view message) : rest_(message) {}

  bool next() {
    if (rest_.empty()) return false;
    const uint64_t key = varint();
    field = key >> kTypeBits;
    type = static_cast<unsigned>(key & ((1U << kTypeBits) - 1));
    switch (type) {
    case kVarint:
      number = varint();
      break;
    case kFixed64:
      text = take(sizeof(uint64_t));
      break;
    case kBytes:
      text = take(varint());
      break;
    case kFixed32:
      text = take(sizeof(uint32_t));
      break;
    default:
      fail();
    }
    return true;
  }

  uint64_t field = 0;
  unsigned type = kVarint;
  uint64_t number = 0;   // kVarint
  std::string_view text; // the other types

private:
  [[noreturn]] static void fail() { throw Error("malformed message from criu"); }

  std::string_view take(uint64_t size) {
    if (size > rest_.size()) fail();
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  uint64_t varint() {
    constexpr unsigned kBits = 7, kMostBits = 64;
    uint64_t value = 0;
    for (unsigned shift = 0; shift < kMostBits; shift += kBits) {
      const auto byte = static_cast<unsigned char>(take(1).front());
      value |= uint64_t{byte & 0x7FU} << shift;
      if (byte < 0x80) return value;
    }
    fail();
  }

  std::string_view rest_;
};

} // namespace

void Message::varint(uint64_t value) {
  for (; value >= 0x80; value >>= 7) bytes_.push_back(static_cast<char>((value & 0x7F) | 0x80));
  bytes_.push_back(static_cast<char>(value));
}

Message& Message::number(unsigned field, uint64_t value) {
  varint(field << kTypeBits | kVarint);
  varint(value);
  return *this;
}

Message& Message::text(unsigned field, std::string_view value) {
  varint(field << kTypeBits | kBytes);
  varint(value.size());
  bytes_ += value;
  return *this;
}

std::optional<uint64_t> find_number(std::string_view message, unsigned field) {
  std::optional<uint64_t> found;
  for (Fields fields(message); fields.next();)
    if (fields.field == field && fields.type == kVarint) found = fields.number;
  return found;
}

std::optional<std::string_view> find_text(std::string_view message, unsigned field) {
  std::optional<std::string_view> found;
  for (Fields fields(message); fields.next();)
    if (fields.field == field && fields.type == kBytes) found = fields.text;
  return found;
}

} // namespace skiff::checkpoint
