// Small text helpers; no locale, no streams.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skiff {

namespace detail {
inline void append(std::string& out, std::string_view piece) {
  out.append(piece);
}
inline void append(std::string& out, char piece) {
  out.push_back(piece);
}
template <std::integral T>
requires(!std::same_as<T, char> && !std::same_as<T, bool>) void append(std::string& out, T number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}
} // namespace detail

// Joins strings, characters and integers: cat("open ", path, ": ", 3).
template <class... Pieces> std::string cat(const Pieces&... pieces) {
  std::string out;
  (detail::append(out, pieces), ...);
  return out;
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
