// GVariant's text format: https://docs.gtk.org/glib/gvariant-text-format.html. A text is read into nodes first, since
// the type of an untyped element can be settled by a sibling that has one ("[1, uint64 2]").
#include <array>
#include <charconv>
#include <limits>

#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/cgroups/bus_value.h"

namespace skiff::cgroups {

namespace {

constexpr int kMostLevels = 32; // of arrays and variants within each other

struct TypeName {
  std::string_view name, type;
};
constexpr std::array<TypeName, 12> kTypeNames = {{
    {"boolean", "b"},
    {"byte", "y"},
    {"double", "d"},
    {"int16", "n"},
    {"int32", "i"},
    {"int64", "x"},
    {"objectpath", "o"},
    {"signature", "g"},
    {"string", "s"},
    {"uint16", "q"},
    {"uint32", "u"},
    {"uint64", "t"},
}};

struct Node {
  enum class Kind { boolean, number, string, bytes, array, dictionary, variant };
  Kind kind = Kind::boolean;
  std::string type; // written before it; empty = to be inferred
  std::string text; // of what is no container, unescaped
  std::vector<Node> children;
};

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

void append_utf8(std::string& out, uint32_t code) {
  const auto byte = [&](uint32_t bits) { out.push_back(static_cast<char>(bits)); };
  const auto rest = [&](unsigned shift) { byte(0x80 | ((code >> shift) & 0x3f)); };
  if (code < 0x80) {
    byte(code);
  } else if (code < 0x800) {
    byte(0xc0 | (code >> 6)), rest(0);
  } else if (code < 0x10000) {
    byte(0xe0 | (code >> 12)), rest(6), rest(0);
  } else {
    byte(0xf0 | (code >> 18)), rest(12), rest(6), rest(0);
  }
}

class TextReader {
public:
  explicit TextReader(std::string_view text) : rest_(text) {}

  Node read_all() {
    Node node = read(0);
    skip_blanks();
    if (!rest_.empty()) throw Error(cat("unexpected ", quote(rest_)));
    return node;
  }

private:
  void skip_blanks() {
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
  }
  bool accept(char c) {
    skip_blanks();
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (accept(c)) return;
    if (rest_.empty()) throw Error("unexpected EOF");
    throw Error(cat("unexpected ", quote(rest_.substr(0, 1))));
  }
  std::string_view take(size_t size) {
    if (size > rest_.size()) throw Error("short escape");
    const auto piece = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return piece;
  }
  std::string_view take_word() {
    size_t size = 0;
    while (size < rest_.size() && !is_blank(rest_[size])) ++size;
    return take(size);
  }

  Node read(int level);
  Node read_value(int level);
  std::string read_type();
  std::string read_number();
  std::string read_string();
  std::string read_bytes();
  uint32_t read_code(size_t digits, int base);
  void read_elements(Node& node, int level);
  void read_entries(Node& node, int level);

  std::string_view rest_;
};

// "@as" or "uint64" before a value.
std::string TextReader::read_type() {
  const auto word = take_word();
  if (word.starts_with('@')) return std::string(word.substr(1));
  for (const auto& known : kTypeNames) {
    if (word == known.name) return std::string(known.type);
  }
  throw Error(cat("unrecognized type ", quote(word)));
}

Node TextReader::read(int level) {
  skip_blanks();
  if (rest_.empty()) throw Error("unexpected EOF");
  if (level > kMostLevels) throw Error("too many levels");
  const char c = rest_.front();
  const bool is_bytes = rest_.starts_with("b'") || rest_.starts_with("b\"");
  const bool is_boolean = rest_.starts_with("true") || rest_.starts_with("false");
  const bool is_type = c == '@' || (c >= 'a' && c <= 'z' && !is_bytes && !is_boolean);
  std::string type = is_type ? read_type() : std::string();
  skip_blanks();
  if (rest_.empty()) throw Error("unexpected EOF");
  Node node = read_value(level);
  node.type = std::move(type);
  return node;
}

Node TextReader::read_value(int level) {
  Node node;
  const char c = rest_.front();
  if (c == '\'' || c == '"') {
    node.kind = Node::Kind::string;
    node.text = read_string();
  } else if (rest_.starts_with("b'") || rest_.starts_with("b\"")) {
    node.kind = Node::Kind::bytes;
    node.text = read_bytes();
  } else if (rest_.starts_with("true") || rest_.starts_with("false")) {
    node.text = take(c == 't' ? 4 : 5);
  } else if (is_digit(c) || c == '+' || c == '-' || c == '.') {
    node.kind = Node::Kind::number;
    node.text = read_number();
  } else if (accept('[')) {
    node.kind = Node::Kind::array;
    read_elements(node, level);
  } else if (accept('{')) {
    node.kind = Node::Kind::dictionary;
    read_entries(node, level);
  } else if (accept('<')) {
    node.kind = Node::Kind::variant;
    node.children.push_back(read(level + 1));
    expect('>');
  } else {
    throw Error(cat("unexpected ", quote(rest_.substr(0, 1))));
  }
  return node;
}

void TextReader::read_elements(Node& node, int level) {
  if (accept(']')) return;
  do node.children.push_back(read(level + 1));
  while (accept(','));
  expect(']');
}

// Keys and values take turns among the children.
void TextReader::read_entries(Node& node, int level) {
  if (accept('}')) return;
  do {
    node.children.push_back(read(level + 1));
    expect(':');
    node.children.push_back(read(level + 1));
  } while (accept(','));
  expect('}');
}

std::string TextReader::read_number() {
  size_t size = 0;
  const auto is_part = [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == 'x' || c == '.' || c == '+' ||
           c == '-';
  };
  while (size < rest_.size() && is_part(rest_[size])) ++size;
  return std::string(take(size));
}

uint32_t TextReader::read_code(size_t digits, int base) {
  const auto code = parse_number<uint32_t>(take(digits), base);
  if (!code) throw Error("invalid escape");
  return *code;
}

std::string TextReader::read_string() {
  const char end = take(1).front();
  std::string out;
  for (;;) {
    if (rest_.empty()) throw Error("unterminated string");
    char c = take(1).front();
    if (c == end) return out;
    if (c != '\\') {
      out.push_back(c);
      continue;
    }
    if (rest_.empty()) throw Error("unterminated string");
    c = take(1).front();
    constexpr std::string_view letters = "abfnrt", meanings = "\a\b\f\n\r\t";
    if (const auto at = letters.find(c); at != letters.npos) {
      out.push_back(meanings[at]);
    } else if (c == 'u' || c == 'U') {
      append_utf8(out, read_code(c == 'u' ? 4 : 8, 16));
    } else if (c != '\n') {
      out.push_back(c);
    }
  }
}

// b'...': the bytes and a final zero.
std::string TextReader::read_bytes() {
  (void)take(1);
  const char end = take(1).front();
  std::string out;
  for (;;) {
    if (rest_.empty()) throw Error("unterminated bytestring");
    char c = take(1).front();
    if (c == end) return out;
    if (c != '\\') {
      out.push_back(c);
      continue;
    }
    if (rest_.empty()) throw Error("unterminated bytestring");
    c = take(1).front();
    constexpr std::string_view letters = "abfnrt", meanings = "\a\b\f\n\r\t";
    if (const auto at = letters.find(c); at != letters.npos) {
      out.push_back(meanings[at]);
    } else if (c == 'x') {
      out.push_back(static_cast<char>(read_code(2, 16)));
    } else if (c == '0') {
      out.push_back(static_cast<char>(read_code(3, 8)));
    } else {
      out.push_back(c);
    }
  }
}

std::string infer(const Node& node);

// The type of the elements from `first` on, `step` apart: that of one with a type of its own, else of any.
std::string infer_common(const Node& node, size_t first, size_t step) {
  std::string guess;
  for (size_t i = first; i < node.children.size(); i += step) {
    const auto& child = node.children[i];
    if (!child.type.empty()) return child.type;
    if (guess.empty() || child.kind != Node::Kind::number) guess = infer(child);
  }
  if (guess.empty()) throw Error("can't infer the type of an empty array");
  return guess;
}

std::string infer(const Node& node) {
  if (!node.type.empty()) return node.type;
  switch (node.kind) {
  case Node::Kind::boolean:
    return "b";
  case Node::Kind::number:
    return node.text.find_first_of(".e") != std::string::npos && !node.text.starts_with("0x") ? "d" : "i";
  case Node::Kind::string:
    return "s";
  case Node::Kind::bytes:
    return "ay";
  case Node::Kind::array:
    return "a" + infer_common(node, 0, 1);
  case Node::Kind::dictionary:
    return cat("a{", infer_common(node, 0, 2), infer_common(node, 1, 2), '}');
  case Node::Kind::variant:
    return "v";
  }
  return {};
}

[[noreturn]] void mismatch(std::string_view text, std::string_view type) {
  throw Error(cat("can't parse ", quote(text), " as type ", quote(type)));
}

template <class T> T parse_integer(const Node& node, std::string_view type) {
  std::string_view text = node.text;
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  int base = 10;
  if (text.starts_with("0x")) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text.starts_with('0')) {
    base = 8;
  }
  const auto value = parse_number<T>(negative ? cat('-', text) : std::string(text), base);
  if (!value) mismatch(node.text, type);
  return *value;
}

BusValue resolve_number(const Node& node, const std::string& type) {
  const auto widest = [&]<class T>(T value) -> BusValue {
    if constexpr (std::is_signed_v<T>)
      return {type, int64_t{value}};
    else
      return {type, uint64_t{value}};
  };
  if (type == "y") return widest(parse_integer<uint8_t>(node, type));
  if (type == "q") return widest(parse_integer<uint16_t>(node, type));
  if (type == "u") return widest(parse_integer<uint32_t>(node, type));
  if (type == "t") return widest(parse_integer<uint64_t>(node, type));
  if (type == "n") return widest(parse_integer<int16_t>(node, type));
  if (type == "i") return widest(parse_integer<int32_t>(node, type));
  if (type == "x") return widest(parse_integer<int64_t>(node, type));
  double value = 0;
  const char* const end = node.text.data() + node.text.size();
  const auto [stop, error] = std::from_chars(node.text.data(), end, value);
  if (type != "d" || error != std::errc{} || stop != end) mismatch(node.text, type);
  return {type, value};
}

BusValue resolve(const Node& node, const std::string& type);

BusValue resolve_array(const Node& node, const std::string& type) {
  if (type.size() < 2 || type.front() != 'a') mismatch("[...]", type);
  BusValue::Parts parts;
  for (const auto& child : node.children) parts.push_back(resolve(child, type.substr(1)));
  return {type, std::move(parts)};
}

// "a{KV}": a key is of a basic type, so of one character.
BusValue resolve_dictionary(const Node& node, const std::string& type) {
  if (type.size() < 5 || !type.starts_with("a{") || !type.ends_with('}')) mismatch("{...}", type);
  const std::string entry = type.substr(1), key = type.substr(2, 1), value = type.substr(3, type.size() - 4);
  BusValue::Parts parts;
  for (size_t i = 0; i + 1 < node.children.size(); i += 2) {
    BusValue::Parts pair;
    pair.push_back(resolve(node.children[i], key));
    pair.push_back(resolve(node.children[i + 1], value));
    parts.push_back({entry, std::move(pair)});
  }
  return {type, std::move(parts)};
}

BusValue resolve(const Node& node, const std::string& type) {
  if (!node.type.empty() && node.type != type) mismatch(node.text, type);
  switch (node.kind) {
  case Node::Kind::boolean:
    if (type != "b") mismatch(node.text, type);
    return BusValue::boolean(node.text == "true");
  case Node::Kind::number:
    return resolve_number(node, type);
  case Node::Kind::string:
    if (type != "s" && type != "o" && type != "g") mismatch(node.text, type);
    return {type, node.text};
  case Node::Kind::bytes: {
    if (type != "ay") mismatch(node.text, type);
    const std::string text = node.text + '\0';
    return BusValue::bytes({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  }
  case Node::Kind::array:
    return resolve_array(node, type);
  case Node::Kind::dictionary:
    return resolve_dictionary(node, type);
  case Node::Kind::variant:
    if (type != "v") mismatch("<...>", type);
    return BusValue::variant(resolve(node.children.front(), infer(node.children.front())));
  }
  return {};
}

} // namespace

BusValue parse_bus_value(std::string_view text) {
  const Node node = TextReader(text).read_all();
  return resolve(node, infer(node));
}

} // namespace skiff::cgroups
