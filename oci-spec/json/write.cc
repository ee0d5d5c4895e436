// Go's form of JSON.
#include "oci-spec/json/write.h"

#include "oci-spec/json/utf8.h"

namespace oci::json {

void Writer::new_line() {
  if (indent_ == Indent::none) return;
  out_ += '\n';
  const std::string_view step = indent_ == Indent::tabs ? "\t" : indent_ == Indent::two_spaces ? "  " : "    ";
  for (size_t i = 0; i < empty_.size(); ++i) out_ += step;
}

void Writer::before_value() {
  if (after_name_) {
    after_name_ = false;
    return;
  }
  if (empty_.empty()) return;
  if (!empty_.back()) out_ += ',';
  empty_.back() = false;
  new_line();
}

void Writer::open(char bracket) {
  before_value();
  out_ += bracket;
  empty_.push_back(true);
}

void Writer::close(char bracket) {
  const bool was_empty = empty_.back();
  empty_.pop_back();
  if (!was_empty) new_line();
  out_ += bracket;
}

void Writer::name(std::string_view name) {
  before_value();
  out_ += quoted(name);
  out_ += indent_ == Indent::none ? ":" : ": ";
  after_name_ = true;
}

void Writer::string(std::string_view text) {
  raw(quoted(text));
}

void Writer::raw(std::string_view json) {
  before_value();
  out_ += json;
}

namespace {

void append_escaped(std::string& out, char c) {
  static constexpr char kHex[] = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  switch (c) {
  case '"':
    out += "\\\"";
    return;
  case '\\':
    out += "\\\\";
    return;
  case '\b':
    out += "\\b";
    return;
  case '\f':
    out += "\\f";
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
  default:
    break;
  }
  if (byte >= 0x20 && c != '<' && c != '>' && c != '&') {
    out += c;
    return;
  }
  out += "\\u00";
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

} // namespace

std::string quoted(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const size_t valid = valid_utf8_prefix(text);
    for (size_t i = 0; i < valid; ++i) {
      const std::string_view three = text.substr(i, 3);
      // JavaScript of old took these two for line ends.
      if (three == "\u2028" || three == "\u2029") {
        out += three == "\u2028" ? "\\u2028" : "\\u2029";
        i += 2;
      } else {
        append_escaped(out, text[i]);
      }
    }
    text.remove_prefix(valid);
    if (text.empty()) break;
    out += "\\ufffd";
    text.remove_prefix(1);
  }
  return out += '"';
}

} // namespace oci::json
