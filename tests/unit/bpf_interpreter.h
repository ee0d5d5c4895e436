// Runs a classic BPF program as seccomp does: seccomp(2), Documentation/networking/filter.rst. Only the instructions
// that a seccomp filter may have and libseccomp or Skiff make; any other is an error of the test.
#pragma once

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstdint>
#include <cstring>
#include <span>
#include <stdexcept>

namespace skiff::test {

class BpfInterpreter {
public:
  explicit BpfInterpreter(std::span<const sock_filter> program) : program_(program) {}

  // The verdict: SECCOMP_RET_*. Throws std::runtime_error for a program that the kernel would not take.
  uint32_t run(const seccomp_data& data) const {
    uint32_t accumulator = 0;
    for (size_t at = 0; at < program_.size(); ++at) {
      const sock_filter& step = program_[at];
      switch (step.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        accumulator = load(data, step.k);
        break;
      case BPF_ALU | BPF_AND | BPF_K:
        accumulator &= step.k;
        break;
      case BPF_JMP | BPF_JA:
        at += step.k;
        break;
      case BPF_JMP | BPF_JEQ | BPF_K:
        at += accumulator == step.k ? step.jt : step.jf;
        break;
      case BPF_JMP | BPF_JGT | BPF_K:
        at += accumulator > step.k ? step.jt : step.jf;
        break;
      case BPF_JMP | BPF_JGE | BPF_K:
        at += accumulator >= step.k ? step.jt : step.jf;
        break;
      case BPF_JMP | BPF_JSET | BPF_K:
        at += (accumulator & step.k) != 0 ? step.jt : step.jf;
        break;
      case BPF_RET | BPF_K:
        return step.k;
      default:
        throw std::runtime_error("unexpected BPF instruction");
      }
    }
    throw std::runtime_error("the BPF program runs over its end");
  }

private:
  static uint32_t load(const seccomp_data& data, uint32_t offset) {
    if (offset % 4 != 0 || offset > sizeof data - 4) throw std::runtime_error("load outside of seccomp_data");
    uint32_t word = 0;
    std::memcpy(&word, reinterpret_cast<const char*>(&data) + offset, sizeof word);
    return word;
  }

  std::span<const sock_filter> program_;
};

} // namespace skiff::test
