// Makes one system call and prints what it returned: a number, or the errno as a negative one.
//
//   call NAME [NUMBER...]
//   call --32 getpgid         through the 32-bit entry of an x86-64 kernel

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

struct Call {
  std::string_view name;
  long number;
};

constexpr std::array kCalls = {
    Call{"getpgid", SYS_getpgid},         Call{"getppid", SYS_getppid},
    Call{"getpriority", SYS_getpriority}, Call{"getsid", SYS_getsid},
    Call{"keyctl", SYS_keyctl},           Call{"personality", SYS_personality},
    Call{"sched_yield", SYS_sched_yield}, Call{"setns", SYS_setns},
    Call{"socket", SYS_socket},           Call{"sync", SYS_sync},
    Call{"unshare", SYS_unshare},
};

#ifdef __x86_64__
long getpgid_of_i386() {
  constexpr long kNumber = 132;
  long result = kNumber;
  asm volatile("int $0x80" : "+a"(result) : "b"(0L) : "memory");
  return result;
}
#else
long getpgid_of_i386() {
  return -ENOSYS;
}
#endif

} // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "--32") {
    std::printf("%ld\n", getpgid_of_i386());
    return 0;
  }
  std::array<long, 6> arguments{};
  for (int i = 2; i < argc && i < 8; ++i) arguments[static_cast<size_t>(i - 2)] = std::strtol(argv[i], nullptr, 0);
  for (const Call& call : kCalls) {
    if (argc < 2 || call.name != argv[1]) continue;
    errno = 0;
    const long result =
        syscall(call.number, arguments[0], arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]);
    std::printf("%ld\n", result < 0 ? -errno : result);
    return 0;
  }
  std::fprintf(stderr, "call: unknown system call\n");
  return 2;
}
