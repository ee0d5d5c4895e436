// The wire format of protocol buffers, as much of it as CRIU's protocol uses: varints, and texts or messages with their
// length in front. protobuf.dev, "Encoding".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skiff::checkpoint {

// A message that is being written. Numbers stand for int32, uint32, bool and enums alike; none of CRIU's that we send
// is negative.
class Message {
public:
  Message& number(unsigned field, uint64_t value);
  Message& text(unsigned field, std::string_view value);
  Message& message(unsigned field, const Message& inner) { return text(field, inner.bytes_); }
  const std::string& bytes() const { return bytes_; }

private:
  void varint(uint64_t value);
  std::string bytes_;
};

// The fields of a message that was received; of several with one number the last counts. Views into `message`. Throw
// Error when it is malformed.
std::optional<uint64_t> find_number(std::string_view message, unsigned field);
std::optional<std::string_view> find_text(std::string_view message, unsigned field);

} // namespace skiff::checkpoint
