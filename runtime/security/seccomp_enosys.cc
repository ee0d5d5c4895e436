// Writes the prologue: one block per AUDIT_ARCH_*, each complete in itself, so that no jump is longer than a block but
// the unconditional one at its end, which has 32 bits:
//
//          jeq #ARCH, 0, next block
//          ld  [nr]
//          jset #x32 bit, x32, 0         x86_64 only
//          jgt #LAST, enosys, filter
//   x32:   jgt #LAST_X32, enosys, filter x86_64 only
//   enosys: ret #ERRNO|ENOSYS
//   filter: ja  to the end of the prologue
#include "runtime/security/seccomp_enosys.h"

#include <linux/audit.h>
#include <linux/seccomp.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <optional>

#include "runtime/security/seccomp_names.h"

namespace skiff::security {

namespace {

constexpr uint32_t kX32Bit = 1U << 30;
constexpr uint32_t kEnosys = SECCOMP_RET_ERRNO | ENOSYS;

// All limits that a filter sees under one architecture value.
struct Block {
  uint32_t audit_arch = 0;
  std::optional<uint32_t> last;
  std::optional<uint32_t> last_x32;
};

sock_filter load(uint32_t offset) {
  return {BPF_LD | BPF_W | BPF_ABS, 0, 0, offset};
}
sock_filter jump_if(uint16_t condition, uint32_t value, uint8_t if_true, uint8_t if_false) {
  return {static_cast<uint16_t>(BPF_JMP | BPF_K | condition), if_true, if_false, value};
}
sock_filter jump(size_t distance) {
  return {BPF_JMP | BPF_JA, 0, 0, static_cast<uint32_t>(distance)};
}
sock_filter give(uint32_t verdict) {
  return {BPF_RET | BPF_K, 0, 0, verdict};
}

std::vector<Block> group(std::span<const SyscallLimit> limits) {
  std::vector<Block> blocks;
  for (const SyscallLimit& limit : limits) {
    const uint32_t audit_arch = audit_architecture(limit.architecture);
    const auto same = [&](const Block& block) { return block.audit_arch == audit_arch; };
    auto block = std::find_if(blocks.begin(), blocks.end(), same);
    if (block == blocks.end()) block = blocks.insert(block, Block{.audit_arch = audit_arch});
    (limit.architecture == audit_arch ? block->last : block->last_x32) = limit.last;
  }
  return blocks;
}

// The block's code after its first two instructions, ending with "enosys:"; "filter:" follows it.
std::vector<sock_filter> checks(const Block& block) {
  // Of the jumps to "enosys" and "filter" from the last check before them.
  constexpr uint8_t kToEnosys = 0, kToFilter = 1;
  if (block.audit_arch != AUDIT_ARCH_X86_64) {
    // s390: an indirect system call with a number unknown to the kernel arrives as 0, setup(2), which nobody uses.
    const bool s390 = block.audit_arch == AUDIT_ARCH_S390 || block.audit_arch == AUDIT_ARCH_S390X;
    std::vector<sock_filter> code;
    if (s390) code.push_back(jump_if(BPF_JEQ, 0, 1 + kToEnosys, 0));
    code.push_back(jump_if(BPF_JGT, block.last.value_or(UINT32_MAX), kToEnosys, kToFilter));
    code.push_back(give(kEnosys));
    return code;
  }
  // A mode without a limit has the largest number as its limit: nothing is above it.
  return {
      jump_if(BPF_JSET, kX32Bit, 1, 0),
      jump_if(BPF_JGT, block.last.value_or(UINT32_MAX), 1 + kToEnosys, 1 + kToFilter),
      jump_if(BPF_JGT, block.last_x32.value_or(UINT32_MAX), kToEnosys, kToFilter),
      give(kEnosys),
  };
}

} // namespace

std::vector<sock_filter> enosys_prologue(std::span<const SyscallLimit> limits) {
  const std::vector<Block> blocks = group(limits);
  if (blocks.empty()) return {};
  std::vector<sock_filter> prologue{load(offsetof(seccomp_data, arch))};
  std::vector<size_t> exits; // the "filter:" jumps, whose distance is known at the end
  for (const Block& block : blocks) {
    const std::vector<sock_filter> code = checks(block);
    const auto rest_of_block = static_cast<uint8_t>(1 + code.size() + 1);
    prologue.push_back(jump_if(BPF_JEQ, block.audit_arch, 0, rest_of_block));
    prologue.push_back(load(offsetof(seccomp_data, nr)));
    prologue.insert(prologue.end(), code.begin(), code.end());
    exits.push_back(prologue.size());
    prologue.push_back(jump(0));
  }
  for (const size_t exit : exits) prologue[exit] = jump(prologue.size() - exit - 1);
  return prologue;
}

} // namespace skiff::security
