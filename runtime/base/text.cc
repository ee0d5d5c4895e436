#include "runtime/base/text.h"

namespace skiff {

namespace detail {

void Piece::append_to(std::string& out) const {
  char digits[24];
  switch (kind_) {
  case Kind::text:
    out.append(text_, value_);
    return;
  case Kind::letter:
    out.push_back(static_cast<char>(value_));
    return;
  case Kind::number:
    out.append(digits, std::to_chars(digits, digits + sizeof digits, value_).ptr);
    return;
  case Kind::signed_number:
    out.append(digits, std::to_chars(digits, digits + sizeof digits, static_cast<int64_t>(value_)).ptr);
    return;
  }
}

std::string join(const Piece* pieces, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) pieces[i].append_to(out);
  return out;
}

} // namespace detail

std::string quote(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\t':
      out += "\\t";
      break;
    case '\r':
      out += "\\r";
      break;
    default:
      if (byte < 0x20 || byte == 0x7f) {
        out += "\\x";
        out += kHex[byte >> 4];
        out += kHex[byte & 15];
      } else {
        out += c;
      }
    }
  }
  return out += '"';
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  for (;;) {
    const size_t at = text.find(separator);
    pieces.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return pieces;
    text.remove_prefix(at + 1);
  }
}

std::vector<std::string_view> lines(std::string_view text) {
  std::vector<std::string_view> all = split(text, '\n');
  if (all.back().empty()) all.pop_back();
  return all;
}

std::string_view trim(std::string_view text) {
  static constexpr std::string_view kBlanks = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

} // namespace skiff
