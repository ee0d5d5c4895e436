// "0-3,7".
#include "oci-spec/id_set.h"

#include <algorithm>

#include "oci-spec/error.h"
#include "runtime/base/text.h"

namespace oci {

using skiff::cat;
using skiff::quote;

namespace {

unsigned parse_id(std::string_view text) {
  const std::optional<unsigned> id = skiff::parse_number<unsigned>(text);
  if (!id) throw SpecError(cat("parsing ", quote(text), ": invalid syntax"));
  if (*id > kLargestId) throw SpecError(cat("values larger than ", kLargestId, " are not supported"));
  return *id;
}

} // namespace

std::vector<IdRange> parse_id_set(std::string_view text) {
  std::vector<IdRange> ranges;
  if (text.empty()) return ranges;
  for (const std::string_view piece : skiff::split(text, ',')) {
    const std::string_view element = skiff::trim(piece);
    if (element.empty()) continue;
    const size_t dash = element.find('-');
    const unsigned first = parse_id(element.substr(0, dash));
    const unsigned last = dash == std::string_view::npos ? first : parse_id(element.substr(dash + 1));
    if (first > last) throw SpecError(cat("invalid range: ", element));
    ranges.push_back({first, last});
  }
  if (ranges.empty()) throw SpecError(cat("no members found in set ", quote(text)));
  return ranges;
}

std::vector<unsigned long> bit_mask(const std::vector<IdRange>& ranges) {
  constexpr unsigned kBits = 8 * sizeof(unsigned long);
  std::vector<unsigned long> words;
  for (const IdRange& range : ranges) {
    if (words.size() <= range.last / kBits) words.resize(range.last / kBits + 1);
    for (unsigned id = range.first; id <= range.last; ++id) words[id / kBits] |= 1UL << id % kBits;
  }
  return words;
}

size_t count_ids(const std::vector<IdRange>& ranges) {
  std::vector<IdRange> sorted = ranges;
  std::ranges::sort(sorted, {}, &IdRange::first);
  size_t count = 0;
  unsigned next = 0; // the first id not counted yet
  for (const IdRange& range : sorted) {
    const unsigned first = std::max(range.first, next);
    if (range.last < first) continue;
    count += range.last - first + 1;
    next = range.last + 1;
  }
  return count;
}

} // namespace oci
