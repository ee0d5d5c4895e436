// Prints one JSON object to stdout, member by member: all that the payload programs need.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace payload {

// Text as a JSON string. Bytes above 127 are passed on as they are.
inline std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      result += escape;
    } else {
      result += c;
    }
  }
  return result + '"';
}

// A list or an object under construction: "[a, b" until text() closes it.
class Json {
public:
  explicit Json(char open) : text_(1, open), close_(open == '[' ? ']' : '}') {}

  // Adds a value that is JSON already.
  void add(std::string_view value) {
    if (text_.size() > 1) text_ += ',';
    text_ += value;
  }
  void add(std::string_view name, std::string_view value) { add(quoted(name) + ':' + std::string(value)); }
  void add(std::string_view name, long long value) { add(name, std::to_string(value)); }
  void add_text(std::string_view name, std::string_view value) { add(name, quoted(value)); }

  std::string text() const { return text_ + close_; }

private:
  std::string text_;
  char close_;
};

} // namespace payload
