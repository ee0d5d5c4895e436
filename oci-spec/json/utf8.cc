// UTF-8 and UTF-16 escapes, strictly.
#include "oci-spec/json/utf8.h"

#include <cstdint>
#include <optional>

#include "runtime/base/text.h"

namespace oci::json {

namespace {

// The length of the valid sequence at the begin of `text`; 0 if there is none.
size_t sequence_length(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<uint8_t>(text[i]) : uint8_t{0}; };
  const auto within = [&](size_t i, uint8_t low, uint8_t high) { return byte(i) >= low && byte(i) <= high; };
  const auto follows = [&](size_t i) { return within(i, 0x80, 0xbf); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return follows(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    // No overlong forms (E0), no surrogates (ED).
    const bool second = within(1, lead == 0xe0 ? 0xa0 : 0x80, lead == 0xed ? 0x9f : 0xbf);
    return second && follows(2) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    // No overlong forms (F0), nothing above U+10FFFF (F4).
    const bool second = within(1, lead == 0xf0 ? 0x90 : 0x80, lead == 0xf4 ? 0x8f : 0xbf);
    return second && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

// The code unit of a \uXXXX that begins at `at`.
std::optional<uint16_t> escaped_unit(std::string_view raw, size_t at) {
  if (raw.substr(at, 2) != "\\u") return std::nullopt;
  return skiff::parse_number<uint16_t>(raw.substr(at + 2, 4), 16);
}

} // namespace

size_t valid_utf8_prefix(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    if (static_cast<uint8_t>(text[at]) < 0x80) { // nearly all of every document
      ++at;
      continue;
    }
    const size_t length = sequence_length(text.substr(at));
    if (length == 0) return at;
    at += length;
  }
  return at;
}

bool has_unpaired_surrogate(std::string_view raw) {
  for (size_t at = raw.find('\\'); at < raw.size(); at = raw.find('\\', at)) {
    const std::optional<uint16_t> unit = escaped_unit(raw, at);
    if (!unit || *unit < 0xd800 || *unit > 0xdfff) {
      at += 2; // also over an escaped backslash
      continue;
    }
    const std::optional<uint16_t> low = escaped_unit(raw, at + 6);
    if (*unit > 0xdbff || !low || *low < 0xdc00 || *low > 0xdfff) return true;
    at += 12;
  }
  return false;
}

} // namespace oci::json
