// logrus' TextFormatter and JSONFormatter, as far as runc uses them.
#include "runtime/log/format.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "runtime/base/text.h"

namespace skiff::log {

namespace {

std::string two_digits(int value) {
  return {static_cast<char>('0' + value / 10 % 10), static_cast<char>('0' + value % 10)};
}

bool is_plain(char c) {
  static constexpr std::string_view kAlsoPlain = "-._/@^+";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kAlsoPlain.find(c) != std::string_view::npos;
}

// The length of the UTF-8 character that `text` begins with; 0 where it is none.
size_t utf8_length(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const unsigned second = byte(1);
  // Overlong forms, surrogates, and what lies beyond U+10FFFF.
  if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) || (first == 0xf0 && second < 0x90) ||
      (first == 0xf4 && second > 0x8f)) {
    return 0;
  }
  return length;
}

void append_unicode_escape(std::string& out, unsigned value) {
  static constexpr char kHex[] = "0123456789abcdef";
  out += "\\u00";
  out += kHex[value >> 4 & 15];
  out += kHex[value & 15];
}

void append_ascii(std::string& out, char c) {
  switch (c) {
  case '"':
    out += "\\\"";
    return;
  case '\\':
    out += "\\\\";
    return;
  case '\n':
    out += "\\n";
    return;
  case '\r':
    out += "\\r";
    return;
  case '\t':
    out += "\\t";
    return;
  // Go's encoder escapes these three for HTML; kept, so that logs compare equal.
  case '<':
  case '>':
  case '&':
    append_unicode_escape(out, static_cast<unsigned char>(c));
    return;
  default:
    break;
  }
  if (static_cast<unsigned char>(c) < 0x20)
    append_unicode_escape(out, static_cast<unsigned char>(c));
  else
    out += c;
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const size_t length = utf8_length(text);
    if (length == 0)
      out += "\\ufffd";
    else if (length == 1)
      append_ascii(out, text.front());
    else
      out += text.substr(0, length);
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return out += '"';
}

std::string logfmt_value(std::string_view value) {
  return std::all_of(value.begin(), value.end(), is_plain) ? std::string(value) : quote(value);
}

} // namespace

std::string_view level_name(Level level) {
  static constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warning", "error"};
  return kNames[static_cast<size_t>(level)];
}

std::string rfc3339(std::time_t when) {
  std::tm local{};
  if (::localtime_r(&when, &local) == nullptr) return "1970-01-01T00:00:00Z";
  std::string out = cat(local.tm_year + 1900, '-', two_digits(local.tm_mon + 1), '-', two_digits(local.tm_mday), 'T',
                        two_digits(local.tm_hour), ':', two_digits(local.tm_min), ':', two_digits(local.tm_sec));
  if (local.tm_gmtoff == 0) return out += 'Z';
  const int minutes = static_cast<int>(std::abs(local.tm_gmtoff) / 60);
  return cat(out, local.tm_gmtoff < 0 ? '-' : '+', two_digits(minutes / 60), ':', two_digits(minutes % 60));
}

std::string text_record(Level level, std::string_view message, std::time_t when) {
  std::string out = cat("time=", logfmt_value(rfc3339(when)), " level=", level_name(level));
  if (!message.empty()) out += cat(" msg=", logfmt_value(message));
  return out += '\n';
}

std::string json_record(Level level, std::string_view message, std::time_t when) {
  return cat("{\"level\":\"", level_name(level), "\",\"msg\":", json_string(message), ",\"time\":\"", rfc3339(when),
             "\"}\n");
}

} // namespace skiff::log
