// runtime/cgroups/device_filter.h: the eBPF program, run by a small interpreter, and the v1 lines decide like the
// rules.
#include "runtime/cgroups/device_filter.h"

#include <array>
#include <cstring>

#include "runtime/base/error.h"
#include "tests/unit/catch.h"

using oci::DeviceRule;
using skiff::cgroups::DevicePolicy;
using skiff::cgroups::fold;
using skiff::cgroups::Settings;

namespace {

constexpr uint32_t kRead = BPF_DEVCG_ACC_READ;
constexpr uint32_t kWrite = BPF_DEVCG_ACC_WRITE;
constexpr uint32_t kMknod = BPF_DEVCG_ACC_MKNOD;

// The part of eBPF that device programs use: loads of context words, 32-bit arithmetic, forward jumps.
class Machine {
public:
  explicit Machine(const bpf_cgroup_dev_ctx& context) : context_(context) {}

  uint64_t run(const std::vector<bpf_insn>& program) {
    for (size_t at = 0;; ++at) {
      REQUIRE(at < program.size());
      const bpf_insn& now = program[at];
      if (now.code == (BPF_JMP | BPF_EXIT)) return registers_[0];
      if (BPF_CLASS(now.code) == BPF_JMP) {
        REQUIRE(now.off >= 0); // no loops
        if (jumps(now)) at += static_cast<size_t>(now.off);
      } else {
        compute(now);
      }
    }
  }

private:
  uint64_t operand(const bpf_insn& now) const {
    return BPF_SRC(now.code) == BPF_X ? registers_[now.src_reg] : static_cast<uint64_t>(int64_t{now.imm});
  }

  bool jumps(const bpf_insn& now) const {
    const uint64_t left = registers_[now.dst_reg];
    switch (BPF_OP(now.code)) {
    case BPF_JA:
      return true;
    case BPF_JEQ:
      return left == operand(now);
    case BPF_JNE:
      return left != operand(now);
    case BPF_JSET:
      return (left & operand(now)) != 0;
    default:
      FAIL("a jump that the interpreter does not know");
      return false;
    }
  }

  void compute(const bpf_insn& now) {
    uint64_t& to = registers_[now.dst_reg];
    if (BPF_CLASS(now.code) == BPF_LDX) {
      REQUIRE(now.code == (BPF_LDX | BPF_W | BPF_MEM));
      REQUIRE((now.src_reg == BPF_REG_1 && context_in_r1_));
      REQUIRE((now.off >= 0 && static_cast<size_t>(now.off) + 4 <= sizeof context_));
      uint32_t word = 0;
      std::memcpy(&word, reinterpret_cast<const char*>(&context_) + now.off, sizeof word);
      to = word;
      return;
    }
    REQUIRE(BPF_CLASS(now.code) == BPF_ALU);
    if (now.dst_reg == BPF_REG_1) context_in_r1_ = false;
    const auto value = static_cast<uint32_t>(operand(now));
    const auto old = static_cast<uint32_t>(to);
    switch (BPF_OP(now.code)) {
    case BPF_MOV:
      to = value;
      return;
    case BPF_AND:
      to = old & value;
      return;
    case BPF_RSH:
      to = old >> value;
      return;
    default:
      FAIL("an instruction that the interpreter does not know");
    }
  }

  bpf_cgroup_dev_ctx context_;
  std::array<uint64_t, 11> registers_{};
  bool context_in_r1_ = true;
};

bool program_allows(const std::vector<bpf_insn>& program, char type, uint32_t major, uint32_t minor, uint32_t access) {
  const uint32_t kind = type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR;
  return Machine({(access << 16) | kind, major, minor}).run(program) == 1;
}

// The definition: of the last rules since "a", the union that matches decides, as in the v1 controller.
bool rules_allow(const std::vector<DeviceRule>& rules, char type, uint32_t major, uint32_t minor, uint32_t access) {
  const auto bits = [](const std::string& text) {
    uint32_t out = 0;
    for (const char c : text) out |= c == 'r' ? kRead : c == 'w' ? kWrite : kMknod;
    return out;
  };
  const auto is_all = [](const DeviceRule& rule) { return rule.type.empty() || rule.type == "a"; };
  bool by_default = false;
  size_t begin = 0;
  for (size_t i = 0; i < rules.size(); ++i) {
    if (!is_all(rules[i])) continue;
    by_default = rules[i].allow;
    begin = i + 1;
  }
  // Without partial removal (which fold refuses) an exception is the union of its own rules minus later contrary ones.
  for (size_t i = begin; i < rules.size(); ++i) {
    const auto& rule = rules[i];
    if (rule.type.front() != type) continue;
    if (rule.major && *rule.major != major) continue;
    if (rule.minor && *rule.minor != minor) continue;
    uint32_t covered = 0;
    for (size_t j = begin; j < rules.size(); ++j) {
      const auto& other = rules[j];
      if (other.type != rule.type || other.major != rule.major || other.minor != rule.minor) continue;
      covered = other.allow != by_default ? covered | bits(other.access) : covered & ~bits(other.access);
    }
    if ((access & ~covered) == 0) return !by_default;
  }
  return by_default;
}

// The kernel refuses a program with instructions that no way leads to.
bool all_is_reachable(const std::vector<bpf_insn>& program) {
  std::vector<bool> reached(program.size() + 1);
  reached[0] = true;
  for (size_t at = 0; at < program.size(); ++at) { // jumps lead forward
    const bpf_insn& now = program[at];
    if (!reached[at]) return false;
    if (now.code == (BPF_JMP | BPF_EXIT)) continue;
    const bool is_jump = BPF_CLASS(now.code) == BPF_JMP;
    if (is_jump) reached.at(at + 1 + static_cast<size_t>(now.off)) = true;
    if (!is_jump || BPF_OP(now.code) != BPF_JA) reached[at + 1] = true;
  }
  return !reached[program.size()];
}

void check_everywhere(const std::vector<DeviceRule>& rules) {
  const auto program = skiff::cgroups::device_program(fold(rules));
  CHECK(all_is_reachable(program));
  for (const char type : {'b', 'c'}) {
    for (const uint32_t major : {0U, 1U, 5U, 8U, 10U, 42U, 136U, 4095U}) {
      for (const uint32_t minor : {0U, 1U, 3U, 5U, 11U, 200U, 1048575U}) {
        for (uint32_t access = 1; access < 8; ++access) {
          INFO(type << ' ' << major << ':' << minor << " access " << access);
          REQUIRE(program_allows(program, type, major, minor, access) ==
                  rules_allow(rules, type, major, minor, access));
        }
      }
    }
  }
}

std::vector<DeviceRule> with_defaults(std::vector<DeviceRule> rules) {
  const auto defaults = skiff::cgroups::default_device_rules();
  rules.insert(rules.end(), defaults.begin(), defaults.end());
  return rules;
}

const DeviceRule kDenyAll{false, "a", {}, {}, "rwm"};
const DeviceRule kAllowAll{true, "", {}, {}, "rwm"};

} // namespace

TEST_CASE("the program decides like the rules", "[cgroups]") {
  check_everywhere({});
  check_everywhere({kDenyAll});
  check_everywhere({kAllowAll});
  check_everywhere(with_defaults({kDenyAll}));
  check_everywhere(with_defaults({kAllowAll}));
  check_everywhere(with_defaults({kAllowAll, {false, "b", 8, 0, "w"}, {false, "c", 42, {}, "rwm"}}));
  check_everywhere(
      with_defaults({{true, "c", 8, 1, "rwm"}, kDenyAll, {true, "c", 1, 11, "r"}, {true, "b", {}, 3, "rw"}}));
  check_everywhere({kDenyAll, {true, "c", 1, 3, "rwm"}, {false, "c", 1, 3, "w"}});
  check_everywhere(
      {kDenyAll, {true, "c", {}, 5, "r"}, {true, "c", {}, 11, "w"}, {true, "c", 5, {}, "rw"}, {true, "c", 5, 3, "m"}});
  check_everywhere(
      {kDenyAll, {true, "b", {}, {}, "r"}, {true, "b", 8, {}, "rwm"}, {true, "b", 8, 5, "w"}, {true, "b", 10, 5, "w"}});
  check_everywhere({kDenyAll,
                    {true, "b", {}, {}, "rwm"},
                    {true, "b", 8, 5, "w"},
                    {true, "c", 1, {}, "rwm"},
                    {true, "c", 1, 5, "r"},
                    {true, "c", 5, 1, "r"}});
  check_everywhere({kDenyAll, {true, "b", {}, {}, "m"}, {true, "b", 8, {}, "r"}, {true, "b", 8, 5, "w"}});
}

TEST_CASE("rules fold into few", "[cgroups]") {
  const auto policy = fold(std::vector<DeviceRule>{
      {true, "c", 9, 9, "r"}, kDenyAll, {true, "c", 1, 3, "r"}, {true, "c", 1, 3, "wm"}, {true, "b", -1, 0, "m"}});
  CHECK_FALSE(policy.allow_by_default);
  REQUIRE(policy.exceptions.size() == 2);
  CHECK(policy.exceptions[0].access == (kRead | kWrite | kMknod));
  CHECK(policy.exceptions[1].type == 'b');
  CHECK(policy.exceptions[1].major == skiff::cgroups::kAnyNumber);
  CHECK(fold(with_defaults({kAllowAll})).allows_all());
}

TEST_CASE("v1 lines", "[cgroups]") {
  const auto deny = fold(std::vector<DeviceRule>{kDenyAll, {true, "c", 1, 3, "rw"}, {true, "b", 8, {}, "r"}});
  CHECK(device_lines(deny) ==
        Settings{{"devices.deny", "a *:* rwm"}, {"devices.allow", "c 1:3 rw"}, {"devices.allow", "b 8:* r"}});
  const auto allow = fold(std::vector<DeviceRule>{kAllowAll, {false, "c", 1, 1, "rwm"}});
  CHECK(device_lines(allow) == Settings{{"devices.allow", "a *:* rwm"}, {"devices.deny", "c 1:1 rwm"}});
}

TEST_CASE("rules that cannot be kept are refused", "[cgroups]") {
  using Rules = std::vector<DeviceRule>;
  CHECK_THROWS_WITH(fold(Rules{{true, "c", 1, {}, "rw"}, {false, "c", 1, 5, "w"}}),
                    "unable to remove 'allow' exception: requested rule [c 1:5 w] not supported by devices cgroupv1 "
                    "(cannot punch hole in existing wildcard rule [c 1:* rw])");
  CHECK_THROWS_WITH(fold(Rules{kAllowAll, {false, "b", {}, {}, "r"}, {true, "b", 1, 1, "r"}}),
                    Catch::Matchers::StartsWith("unable to remove 'deny' exception: "));
  CHECK_NOTHROW(fold(Rules{{true, "c", 1, {}, "r"}, {false, "c", 1, 5, "w"}})); // nothing of it was there
  CHECK_THROWS_WITH(fold(Rules{kDenyAll, {true, "c", 1, 3, ""}}), "device access at 1 field cannot be empty");
  CHECK_THROWS_WITH(fold(Rules{{true, "c", 1, 3, "x"}}), "unknown device access \"x\"");
  CHECK(fold(Rules{{true, "c", 1, 3, "rx"}}) == fold(Rules{{true, "c", 1, 3, "r"}}));
  CHECK_THROWS_WITH(fold(Rules{{true, "p", 1, 3, "r"}}), "invalid cgroup device type \"p\"");
  CHECK_THROWS_WITH(fold(Rules{{true, "c", 1LL << 32, 3, "r"}}), "invalid major 4294967296");
}
