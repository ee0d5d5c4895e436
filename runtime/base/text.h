// Small text helpers; no locale, no streams.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace skiff {

namespace detail {

// One piece of a text, as small as can be: every call of cat() has an array of them.
class Piece {
public:
  Piece(std::string_view text) : text_(text.data()), value_(text.size()) {}
  Piece(const std::string& text) : text_(text.data()), value_(text.size()) {}
  Piece(const char* text) : Piece(std::string_view(text)) {}
  Piece(char letter) : kind_(Kind::letter), value_(static_cast<unsigned char>(letter)) {}
  template <std::integral T>
  requires(!std::same_as<T, char> && !std::same_as<T, bool>) Piece(T number)
      : kind_(std::is_signed_v<T> ? Kind::signed_number : Kind::number), value_(static_cast<uint64_t>(number)) {}

  void append_to(std::string& out) const;

private:
  enum class Kind : uint8_t { text, letter, number, signed_number };
  Kind kind_ = Kind::text;
  const char* text_ = nullptr;
  uint64_t value_; // or the size of the text
};

std::string join(const Piece* pieces, size_t count);

} // namespace detail

// Joins strings, characters and integers: cat("open ", path, ": ", 3).
template <class... Pieces> std::string cat(const Pieces&... pieces) {
  if constexpr (sizeof...(pieces) == 0)
    return {};
  else {
    const detail::Piece all[] = {detail::Piece(pieces)...};
    return detail::join(all, sizeof...(pieces));
  }
}

// As Go's %q: in double quotes, with control characters and quotes escaped. For text of others in messages.
std::string quote(std::string_view text);

// A whole decimal number without sign surprises, blanks or rest; nothing otherwise.
template <std::integral T> std::optional<T> parse_number(std::string_view text, int base = 10) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The pieces between separators; an empty text has one empty piece. Views into `text`.
std::vector<std::string_view> split(std::string_view text, char separator);
// The lines of a text, without their newlines; no empty last line. Views into `text`.
std::vector<std::string_view> lines(std::string_view text);
// Without blanks and newlines at both ends. A view into `text`.
std::string_view trim(std::string_view text);

} // namespace skiff
