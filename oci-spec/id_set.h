// Lists of CPUs or NUMA nodes as the kernel and the specification write them: "0-3,7".
#pragma once

#include <string_view>
#include <vector>

namespace oci {

struct IdRange {
  unsigned first = 0;
  unsigned last = 0; // inclusive
};

inline constexpr unsigned kLargestId = 64 * 1024; // runc's limit

// The ranges in the text's order; blanks around and empty elements are allowed, an empty text has none. Throws
// SpecError with the bare reason, for the caller to say where.
std::vector<IdRange> parse_id_set(std::string_view text);

// Bit N of the words is id N, as sched_setaffinity(2) and set_mempolicy(2) take it. No words without ranges.
std::vector<unsigned long> bit_mask(const std::vector<IdRange>& ranges);

// How many ids there are in the ranges, each counted once.
size_t count_ids(const std::vector<IdRange>& ranges);

} // namespace oci
