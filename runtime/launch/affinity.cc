#include "runtime/launch/affinity.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>

#include "oci-spec/id_set.h"
#include "runtime/base/text.h"

namespace skiff::launch {

namespace {

constexpr unsigned kMaxCpus = 8192; // of any Linux
constexpr unsigned kBits = 8 * sizeof(unsigned long);

} // namespace

std::optional<CpuSet> parse_cpus(std::string_view text) {
  CpuSet cpus = oci::bit_mask(oci::parse_id_set(text));
  if (cpus.empty()) return std::nullopt;
  return cpus;
}

CpuSet all_cpus() {
  return CpuSet(kMaxCpus / kBits, ~0UL);
}

std::vector<CpuSet> each_cpu(const CpuSet& cpus) {
  std::vector<CpuSet> sets;
  for (size_t word = 0; word < cpus.size(); ++word) {
    for (unsigned bit = 0; bit < kBits; ++bit) {
      if ((cpus[word] >> bit & 1) == 0) continue;
      sets.emplace_back(word + 1);
      sets.back()[word] = 1UL << bit;
    }
  }
  return sets;
}

std::string to_hex(const CpuSet& cpus) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  std::string digits;
  for (const unsigned long word : cpus)
    for (unsigned shift = 0; shift < kBits; shift += 4) digits += kDigits[word >> shift & 0xf];
  while (digits.size() > 1 && digits.back() == '0') digits.pop_back();
  std::ranges::reverse(digits);
  return cat("0x", digits);
}

Result<void> try_set_affinity(int pid, const CpuSet& cpus) {
  if (::syscall(SYS_sched_setaffinity, pid, cpus.size() * sizeof(unsigned long), cpus.data()) != 0)
    return Errno::last();
  return {};
}

Result<CpuSet> try_affinity(int pid) {
  CpuSet cpus(kMaxCpus / kBits);
  const long size = ::syscall(SYS_sched_getaffinity, pid, cpus.size() * sizeof(unsigned long), cpus.data());
  if (size < 0) return Errno::last();
  return cpus;
}

} // namespace skiff::launch
