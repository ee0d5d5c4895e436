// The eBPF program of a device policy. It is a tree: type, then major, then minor, and whatever is decided leaves it at
// once. The kernel follows every path of a program before it takes it, and a chain of independent rules has many: with
// the default devices it took three times as long.
#include <algorithm>
#include <cstddef>
#include <tuple>

#include "runtime/cgroups/device_filter.h"

namespace skiff::cgroups {

namespace {

using Exceptions = std::span<const DeviceException>;

// Register use: r2 type, r3 access, r4 major, r5 minor, r1 the context, r0 verdict.
constexpr bpf_insn instruction(unsigned code, unsigned to, unsigned from, int16_t offset, int32_t value) {
  bpf_insn out{};
  out.code = static_cast<uint8_t>(code);
  out.dst_reg = to & 0xF;
  out.src_reg = from & 0xF;
  out.off = offset;
  out.imm = value;
  return out;
}
constexpr bpf_insn load_word(unsigned to, size_t offset) {
  return instruction(BPF_LDX | BPF_W | BPF_MEM, to, BPF_REG_1, static_cast<int16_t>(offset), 0);
}
constexpr bpf_insn alu(unsigned operation, unsigned to, int32_t value) {
  return instruction(BPF_ALU | operation | BPF_K, to, 0, 0, value);
}
constexpr bpf_insn leave() {
  return instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

// The exceptions at the front that have the same value there.
template <typename Field> Exceptions take_group(Exceptions& from, Field field) {
  const auto end =
      std::ranges::find_if(from, [&](const DeviceException& each) { return field(each) != field(from[0]); });
  const auto group = from.first(static_cast<size_t>(end - from.begin()));
  from = from.subspan(group.size());
  return group;
}

class DeviceProgram {
public:
  std::vector<bpf_insn> build(const DevicePolicy& policy) {
    code_ = {
        load_word(BPF_REG_2, offsetof(bpf_cgroup_dev_ctx, access_type)),
        alu(BPF_AND, BPF_REG_2, 0xFFFF),
        load_word(BPF_REG_3, offsetof(bpf_cgroup_dev_ctx, access_type)),
        alu(BPF_RSH, BPF_REG_3, 16),
        load_word(BPF_REG_4, offsetof(bpf_cgroup_dev_ctx, major)),
        load_word(BPF_REG_5, offsetof(bpf_cgroup_dev_ctx, minor)),
    };
    // In whatever order the rules have them: what decides is whether there is one. "Any" is -1, and comes first.
    std::vector<DeviceException> sorted = policy.exceptions;
    std::ranges::sort(sorted, {},
                      [](const DeviceException& each) { return std::tuple(each.type, each.major, each.minor); });
    Exceptions rest(sorted);
    while (!rest.empty()) add_type(take_group(rest, [](const DeviceException& each) { return each.type; }));
    land(to_default_);
    leave_with(policy.allow_by_default);
    if (!to_exception_.empty()) {
      land(to_exception_);
      leave_with(!policy.allow_by_default);
    }
    return std::move(code_);
  }

private:
  using Jumps = std::vector<size_t>; // places of jumps that do not know yet where to
  enum class Then { next, nothing }; // nothing gets past it: what came behind would be refused as unreachable

  void add_type(Exceptions group) {
    const int32_t type = group[0].type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR;
    Jumps to_next;
    jump(to_next, BPF_JNE, BPF_REG_2, type);
    Then then = Then::next;
    while (!group.empty() && then == Then::next)
      then = add_major(take_group(group, [](const DeviceException& each) { return each.major; }));
    if (then == Then::next) jump(to_default_, BPF_JA, 0, 0);
    land(to_next);
  }

  // Any major comes first, and leaves the others to be tried.
  Then add_major(Exceptions group) {
    const bool is_any = group[0].major == kAnyNumber;
    Jumps to_next;
    if (!is_any) jump(to_next, BPF_JNE, BPF_REG_4, static_cast<int32_t>(group[0].major));
    Then then = Then::next;
    for (size_t i = 0; i < group.size() && then == Then::next; ++i) then = add_minor(group[i]);
    if (!is_any && then == Then::next) jump(to_default_, BPF_JA, 0, 0);
    land(to_next);
    return is_any ? then : Then::next;
  }

  // A number above 2^31 is compared as a negative one and never matches, like in the kernel, whose device numbers have
  // 12 and 20 bits.
  Then add_minor(const DeviceException& device) {
    constexpr uint32_t kAllAccess = BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE | BPF_DEVCG_ACC_MKNOD;
    const bool is_any = device.minor == kAnyNumber;
    Jumps to_next;
    if (device.access != kAllAccess)
      jump(to_next, BPF_JSET, BPF_REG_3, static_cast<int32_t>(0xFFFF & ~device.access)); // asks for more
    jump(to_exception_, is_any ? BPF_JA : BPF_JEQ, is_any ? 0 : BPF_REG_5,
         static_cast<int32_t>(is_any ? 0 : device.minor));
    land(to_next);
    return is_any && to_next.empty() ? Then::nothing : Then::next;
  }

  void jump(Jumps& jumps, unsigned operation, unsigned left, int32_t value) {
    jumps.push_back(code_.size());
    code_.push_back(instruction(BPF_JMP | operation | BPF_K, left, 0, 0, value));
  }

  void land(const Jumps& jumps) {
    for (const size_t at : jumps) code_[at].off = static_cast<int16_t>(code_.size() - at - 1);
  }

  void leave_with(bool allow) {
    code_.push_back(alu(BPF_MOV, BPF_REG_0, allow ? 1 : 0));
    code_.push_back(leave());
  }

  std::vector<bpf_insn> code_;
  Jumps to_default_, to_exception_;
};

} // namespace

std::vector<bpf_insn> device_program(const DevicePolicy& policy) {
  return DeviceProgram().build(policy);
}

} // namespace skiff::cgroups
