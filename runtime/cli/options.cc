// Walks the words of a command line along the table of options.
#include "runtime/cli/options.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "runtime/base/text.h"

namespace skiff::cli {

namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool matches(const Option& option, std::string_view name) {
  return name == option.name || (name.size() == 1 && option.letter != '\0' && name.front() == option.letter);
}

const Option* find(const Grammar& grammar, std::string_view name) {
  for (const auto options : {grammar.own, grammar.inherited}) {
    const auto found = std::find_if(options.begin(), options.end(), [&](const Option& o) { return matches(o, name); });
    if (found != options.end()) return &*found;
  }
  return nullptr;
}

bool is_switch(const Target& target) {
  return std::holds_alternative<bool*>(target) || std::holds_alternative<std::optional<bool>*>(target);
}

[[noreturn]] void reject(std::string_view name, std::string_view value, std::string_view reason) {
  throw UsageError(cat("invalid value ", quote(value), " for flag -", name, ": ", reason));
}

// Go's strconv.ParseInt with base 0: a prefix gives the base.
int parse_int(std::string_view name, std::string_view value) {
  std::string_view digits = value;
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);

  int base = 10;
  if (digits.size() > 1 && digits.front() == '0') {
    const char mark = static_cast<char>(digits[1] | 0x20); // lower case
    base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
    digits.remove_prefix(base == 8 && mark != 'o' ? 1 : 2);
  }
  uint64_t magnitude = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), magnitude, base);
  if (digits.empty() || error == std::errc::invalid_argument || end != digits.data() + digits.size()) {
    reject(name, value, cat("strconv.ParseInt: parsing ", quote(value), ": invalid syntax"));
  }
  if (error != std::errc{} || magnitude > std::numeric_limits<int>::max()) {
    reject(name, value, cat("strconv.ParseInt: parsing ", quote(value), ": value out of range"));
  }
  return negative ? -static_cast<int>(magnitude) : static_cast<int>(magnitude);
}

void store(const Option& option, std::string_view name, std::string_view value) {
  std::visit(
      [&](auto* target) {
        using Value = std::remove_pointer_t<decltype(target)>;
        if constexpr (std::is_same_v<Value, bool> || std::is_same_v<Value, std::optional<bool>>) {
          const std::optional<bool> answer = value.empty() ? true : parse_bool(value);
          if (!answer) reject(name, value, "parse error");
          *target = *answer;
        } else if constexpr (std::is_same_v<Value, int> || std::is_same_v<Value, std::optional<int>>) {
          *target = parse_int(name, value);
        } else if constexpr (std::is_same_v<Value, std::vector<int>>) {
          target->push_back(parse_int(name, value));
        } else if constexpr (std::is_same_v<Value, std::vector<std::string>>) {
          target->emplace_back(value);
        } else {
          *target = std::string(value);
        }
      },
      option.target);
}

} // namespace

std::optional<bool> parse_bool(std::string_view text) {
  static constexpr std::array<std::string_view, 6> kTrue = {"1", "t", "T", "true", "True", "TRUE"};
  static constexpr std::array<std::string_view, 6> kFalse = {"0", "f", "F", "false", "False", "FALSE"};
  if (std::find(kTrue.begin(), kTrue.end(), text) != kTrue.end()) return true;
  if (std::find(kFalse.begin(), kFalse.end(), text) != kFalse.end()) return false;
  return std::nullopt;
}

std::vector<std::string> parse(const Grammar& grammar, std::span<const std::string> words) {
  std::vector<std::string> arguments;
  const auto take_rest = [&](size_t from) {
    arguments.insert(arguments.end(), words.begin() + static_cast<std::ptrdiff_t>(from), words.end());
    return arguments;
  };
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (word == "--") return take_rest(i + 1);
    if (grammar.stop_after && arguments.size() == *grammar.stop_after) return take_rest(i);
    // "-" is a file name to many commands, and no option.
    if (word.size() < 2 || word.front() != '-') {
      if (grammar.is_last != nullptr && grammar.is_last(word)) return take_rest(i);
      arguments.emplace_back(word);
      continue;
    }
    const bool two_dashes = word[1] == '-';
    if (!two_dashes && !is_letter(word[1])) return take_rest(i); // a negative number

    std::string_view name = word.substr(two_dashes ? 2 : 1);
    std::optional<std::string_view> value;
    if (const size_t equals = name.find('='); equals != std::string_view::npos) {
      value = name.substr(equals + 1);
      name = name.substr(0, equals);
    }
    const Option* option = find(grammar, name);
    if (option == nullptr) throw UsageError(cat("flag provided but not defined: -", name));
    if (!value && !is_switch(option->target)) {
      if (++i == words.size()) throw UsageError(cat("flag needs an argument: ", word));
      value = words[i];
    }
    store(*option, name, value.value_or(""));
  }
  return arguments;
}

} // namespace skiff::cli
