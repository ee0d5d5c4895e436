// Sizes and durations.
#include "runtime/cli/units.h"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>

#include "runtime/base/error.h"
#include "runtime/base/text.h"

namespace skiff::cli {

namespace {

constexpr std::string_view kDigits = "0123456789.";

std::optional<double> parse_decimal(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// 2^N bytes of a unit's letter.
std::optional<int> exponent_of(char letter) {
  constexpr std::string_view letters = "kmgtp";
  const auto at = letters.find(letter);
  if (at == std::string_view::npos) return std::nullopt;
  return 10 * (static_cast<int>(at) + 1);
}

struct Unit {
  std::string_view name;
  double milliseconds;
};
constexpr std::array kUnits = {
    Unit{"h", 3600e3}, Unit{"m", 60e3},  Unit{"ms", 1},         Unit{"ns", 1e-6},
    Unit{"s", 1e3},    Unit{"us", 1e-3}, Unit{"\u00b5s", 1e-3}, Unit{"\u03bcs", 1e-3},
};

} // namespace

int64_t parse_bytes(std::string_view text) {
  const auto fail = [&] { throw Error(cat("invalid size: '", text, "'")); };
  const auto last = text.find_last_of(cat(kDigits, ' '));
  if (last == std::string_view::npos) fail();
  const std::string_view digits = text.substr(0, text[last] == ' ' ? last : last + 1);
  std::string suffix(text.substr(last + 1));
  const auto number = parse_decimal(digits);
  if (!number || *number < 0) fail();

  for (char& c : suffix) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  int exponent = 0;
  if (!suffix.empty() && suffix != "b") {
    const auto found = exponent_of(suffix.front());
    const std::string_view rest = std::string_view(suffix).substr(1);
    if (!found || !(rest.empty() || rest == "b" || rest == "ib")) throw Error(cat("invalid suffix: '", suffix, "'"));
    exponent = *found;
  }
  const double bytes = std::ldexp(*number, exponent);
  if (bytes >= std::ldexp(1.0, 63)) fail();
  return static_cast<int64_t>(bytes);
}

int64_t parse_duration(std::string_view text) {
  const auto fail = [&] { throw Error(cat("time: invalid duration ", quote(text))); };
  std::string_view rest = text;
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest == "0") return 0;
  if (rest.empty()) fail();
  double total = 0;
  while (!rest.empty()) {
    const auto end = std::min(rest.find_first_not_of(kDigits), rest.size());
    const auto number = parse_decimal(rest.substr(0, end));
    if (!number) fail();
    rest.remove_prefix(end);
    const auto unit_end = std::min(rest.find_first_of(kDigits), rest.size());
    const std::string_view name = rest.substr(0, unit_end);
    rest.remove_prefix(unit_end);
    if (name.empty()) throw Error(cat("time: missing unit in duration ", quote(text)));
    const Unit* found = nullptr;
    for (const Unit& unit : kUnits) {
      if (unit.name == name) found = &unit;
    }
    if (found == nullptr) throw Error(cat("time: unknown unit ", quote(name), " in duration ", quote(text)));
    total += *number * found->milliseconds;
  }
  constexpr double longest = 9.2e12; // 2^63 nanoseconds
  if (total > longest) fail();
  const auto milliseconds = static_cast<int64_t>(std::ceil(total));
  return negative ? -milliseconds : milliseconds;
}

} // namespace skiff::cli
