// The forms in which cgroup files report numbers. Pure functions; all throw Error on what is not of that form.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/cgroups/stats.h"

namespace skiff::cgroups {

// "max" is the largest number; a negative one, which some kernels let happen, is 0.
uint64_t parse_count(std::string_view text);
// "cache 123\nrss 45\n...".
std::map<std::string, uint64_t> parse_flat_keyed(std::string_view text);
// "0-2,7".
std::vector<uint16_t> parse_number_list(std::string_view text);
// "8:0 Read 123" or "8:0 123" in each line; the line "Total ..." is left out.
BlockEntries parse_blkio(std::string_view text);
// "8:0 rbytes=1 wbytes=2 rios=3 wios=4 ..." in each line.
BlockStats parse_io_stat(std::string_view text);
// "some avg10=0.00 avg60=1.50 avg300=0.00 total=123" and the same for "full".
Pressure parse_pressure(std::string_view text);
// "hugepages-2048kB" of sysfs -> "2MB" of cgroup files; empty for other names.
std::string page_size_of(std::string_view sysfs_name);

} // namespace skiff::cgroups
