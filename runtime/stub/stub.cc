// The last stage of a start: a program of its own, so that no process of a container ever has the runtime as its image
// (I1, CVE-2019-5736). It drops ids and capabilities, loads the seccomp filter, waits for `start`, and executes the
// container's program. No libc, no heap; every system call it makes is in this file.
//
// Its argv is the program's; its environment is the program's with one string in front, the number of the plan's
// descriptor.

#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/fcntl.h>
#include <linux/filter.h>
#include <linux/mman.h>
#include <linux/openat2.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <linux/signal.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "runtime/stub/plan.h"
#include "runtime/stub/syscall.h"

namespace skiff::stub {
namespace {

constexpr long kNoEntry = 2, kInterrupted = 4, kNotExecutable = 8, kNotPermitted = 1, kBroken = 5, kInvalid = 22;
constexpr uint32_t kNoId = ~uint32_t{0};
constexpr uint64_t kSysAdmin = uint64_t{1} << CAP_SYS_ADMIN;

[[noreturn]] void quit(int code) noexcept {
  for (;;) call(__NR_exit_group, code);
}

struct Stub {
  const Plan& plan; // the beginning of the block
  char** argv;
  char** envp;
  bool runtime_listens = true; // until the byte of `start`, or until execve when it waits for that

  [[noreturn]] void fail(Step step, long result) const noexcept;
  void must(Step step, long result) const noexcept {
    if (result < 0) fail(step, result);
  }
  // Where a piece of the block is, for a system call.
  long at(Span span) const noexcept { return pointer(&plan) + span.offset; }

  void write_label() const noexcept;
  void drop_ids() const noexcept;
  void set_capabilities(uint64_t also) const noexcept;
  void raise_ambient() const noexcept;
  void enter_cwd() const noexcept;
  void load_filter() const noexcept;
  void wait_for_start() noexcept;
  [[noreturn]] void execute() noexcept;
  [[noreturn]] void run() noexcept;
};

void print(const char* text) noexcept {
  long size = 0;
  while (text[size] != 0) ++size;
  (void)call(__NR_write, 2, pointer(text), size);
}

// After `start` nobody listens on the socket: the container's standard error gets the reason, as with runc. Nor does it
// concern the runtime when the program cannot be executed for what it is: its interpreter is missing, or it is none.
[[noreturn]] void Stub::fail(Step step, long result) const noexcept {
  const bool is_programs_own = step == Step::exec && (result == -kNoEntry || result == -kNotExecutable);
  if (runtime_listens && !is_programs_own) {
    FailedFrame frame{.step = step, .code = static_cast<int32_t>(-result)};
    (void)call(__NR_write, plan.sync_fd, pointer(&frame), sizeof frame);
  } else {
    print("exec ");
    print(argv[0]);
    print(step != Step::exec          ? ": the process could not be prepared\n"
          : result == -kNoEntry       ? ": no such file or directory\n"
          : result == -kNotPermitted  ? ": operation not permitted\n"
          : result == -13             ? ": permission denied\n"
          : result == -kNotExecutable ? ": exec format error\n"
                                      : ": cannot be executed\n");
  }
  quit(255);
}

// I12: opened here, since such a file is bound to the memory image that opened it; read by nobody else.
void Stub::write_label() const noexcept {
  if (plan.label.length == 0) return;
  // I6, CVE-2025-52881: where a user namespace allows no other procfs, this is the one that the container has mounted,
  // and may have covered. "self" is a symlink, and no magic one.
  const open_how how{
      .flags = O_WRONLY | O_CLOEXEC, .mode = 0, .resolve = RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS};
  const long fd = call(__NR_openat2, plan.proc_fd, at(plan.label_file), pointer(&how), sizeof how);
  must(Step::label, fd);
  const long size = plan.label.length - 1; // without the NUL
  const long written = call(__NR_write, fd, at(plan.label), size);
  must(Step::label, written == size || written < 0 ? written : -kBroken);
  (void)call(__NR_close, fd);
}

void Stub::drop_ids() const noexcept {
  for (long capability = 0; capability < 64; ++capability) {
    if (plan.bounding >> capability & 1) continue;
    const long dropped = call(__NR_prctl, PR_CAPBSET_DROP, capability);
    if (dropped == -kInvalid) break; // past the kernel's last one
    must(Step::bounding_set, dropped);
  }
  must(Step::keep_capabilities, call(__NR_prctl, PR_SET_KEEPCAPS, 1));
  if (plan.set_groups) must(Step::groups, call(__NR_setgroups, plan.groups.length / sizeof(uint32_t), at(plan.groups)));
  // These two take -1 for "no change", which would be root.
  must(Step::gid, plan.gid == kNoId ? -kInvalid : call(__NR_setresgid, plan.gid, plan.gid, plan.gid));
  must(Step::uid, plan.uid == kNoId ? -kInvalid : call(__NR_setresuid, plan.uid, plan.uid, plan.uid));
}

void Stub::set_capabilities(uint64_t also) const noexcept {
  const uint64_t effective = plan.effective | also, permitted = plan.permitted | also;
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{
      {static_cast<uint32_t>(effective), static_cast<uint32_t>(permitted), static_cast<uint32_t>(plan.inheritable)},
      {static_cast<uint32_t>(effective >> 32), static_cast<uint32_t>(permitted >> 32),
       static_cast<uint32_t>(plan.inheritable >> 32)}};
  must(Step::capabilities, call(__NR_capset, pointer(&header), pointer(data)));
}

void Stub::raise_ambient() const noexcept {
  for (long capability = 0; capability < 64; ++capability)
    if (plan.ambient >> capability & 1)
      must(Step::ambient_set, call(__NR_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability));
}

// I2, CVE-2024-21626: as init does where it may enter the directory itself.
void Stub::enter_cwd() const noexcept {
  must(Step::cwd, call(__NR_chdir, at(plan.cwd)));
  char path[4096];
  const long size = call(__NR_getcwd, pointer(path), sizeof path);
  if (size == -kNoEntry) return; // removed meanwhile
  must(Step::cwd, size > 0 && path[0] != '/' ? -kNotPermitted : size);
}

void Stub::load_filter() const noexcept {
  const sock_fprog program{static_cast<unsigned short>(plan.filter.length / sizeof(sock_filter)),
                           reinterpret_cast<sock_filter*>(at(plan.filter))};
  const long listener = call(__NR_seccomp, SECCOMP_SET_MODE_FILTER, plan.filter_flags, pointer(&program));
  must(Step::seccomp, listener);
  if (!plan.notifies) return;
  // The runtime takes its copy by pidfd_getfd(2) and answers Go when the agent has it. From here on a call may have to
  // be answered by the agent; `write` never (the runtime refuses such profiles).
  const ListenerFrame frame{.fd = static_cast<int32_t>(listener)};
  must(Step::seccomp, call(__NR_write, plan.sync_fd, pointer(&frame), sizeof frame));
  Frame go;
  const long n = call(__NR_read, plan.sync_fd, pointer(&go), sizeof go);
  must(Step::seccomp, n == sizeof go && go.kind == kGo ? 0 : -kBroken);
  (void)call(__NR_close, listener);
}

// As pid 1 of its namespace the process would be deaf to these while it waits; runc's waiting process ends by them. The
// program gets the defaults again: execve(2) resets handlers.
void end_by_signals() noexcept {
  struct sigaction action {};
  action.sa_handler = [](int signal) { quit(128 + signal); };
  action.sa_flags = SA_RESTORER; // demanded on x86_64, and never used
  for (const int signal : {SIGHUP, SIGINT, SIGQUIT, SIGTERM})
    (void)call(__NR_rt_sigaction, signal, pointer(&action), 0, sizeof action.sa_mask);
}

void Stub::wait_for_start() noexcept {
  const Frame ready{kReady, 0, 0};
  must(Step::wait, call(__NR_write, plan.sync_fd, pointer(&ready), sizeof ready));
  if (plan.fifo_fd < 0) {
    Frame go;
    if (call(__NR_read, plan.sync_fd, pointer(&go), sizeof go) != sizeof go || go.kind != kGo) quit(255);
    return;
  }
  (void)call(__NR_close, plan.sync_fd);
  runtime_listens = false;
  // Opened for reading and writing, so there is no end of file when a `start` is killed between open and write.
  char byte;
  long n;
  do n = call(__NR_read, plan.fifo_fd, pointer(&byte), 1);
  while (n == -kInterrupted);
  if (n != 1) quit(255);
}

void Stub::execute() noexcept {
  // I2: all but stdio and what the caller preserves. Not closed here, for the socket that tells of a failing execve.
  must(Step::descriptors, call(__NR_close_range, plan.first_unkept_fd, ~0U, CLOSE_RANGE_CLOEXEC));
  // Under the filter there are only these two calls left.
  const bool has_filter = plan.filter.length > 0;
  if (has_filter && !plan.notifies) load_filter();
  if (has_filter && !plan.no_new_privileges) set_capabilities(0);
  fail(Step::exec, call(__NR_execve, at(plan.path), pointer(argv), pointer(envp)));
}

void Stub::run() noexcept {
  const bool has_filter = plan.filter.length > 0;
  // Without no_new_privs the filter can only be loaded by CAP_SYS_ADMIN, which is held beside the container's own
  // capabilities until then.
  const bool hold_admin = has_filter && !plan.no_new_privileges;
  write_label();
  drop_ids();
  set_capabilities(hold_admin ? kSysAdmin : 0);
  raise_ambient();
  if (plan.cwd.length > 0) enter_cwd();
  if (plan.no_new_privileges) must(Step::no_new_privileges, call(__NR_prctl, PR_SET_NO_NEW_PRIVS, 1));
  // The container may outlive the runtime from Ready on; when that is gone already, telling it fails, and so do we. The
  // kernel has only reset this where the ids changed.
  must(Step::wait, call(__NR_prctl, PR_SET_PDEATHSIG, 0));
  if (plan.fifo_fd >= 0) end_by_signals();
  if (plan.notifies) load_filter();
  if (plan.started) {
    // Init has waited already, and run the startContainer hooks; this may be one of them.
    runtime_listens = plan.fifo_fd < 0 && plan.sync_fd >= 0;
  } else {
    wait_for_start();
  }
  execute();
}

// The number that ends "NAME=<digits>".
int number_after_equals(const char* text) noexcept {
  while (*text != 0 && *text != '=') ++text;
  int number = 0;
  while (*text != 0 && *++text >= '0' && *text <= '9') number = number * 10 + (*text - '0');
  return number;
}

// Mapped, so that a container that waits for `start` holds no descriptor for it.
const Plan& map_plan(int fd) noexcept {
  uint64_t size = 0;
  if (call(__NR_pread64, fd, pointer(&size), sizeof size, offsetof(Plan, size)) != sizeof size) quit(255);
  const long block = call(__NR_mmap, 0, static_cast<long>(size), PROT_READ, MAP_PRIVATE, fd, 0);
  if (block < 0 && block > -4096) quit(255);
  (void)call(__NR_close, fd);
  return *reinterpret_cast<const Plan*>(block);
}

extern "C" [[noreturn, gnu::used]] void stub_main(long* stack) noexcept {
  // I7: the plan is in this image's memory, and the ids may soon be those of others in the container.
  (void)call(__NR_prctl, PR_SET_DUMPABLE, 0);
  const long argc = stack[0];
  char** const argv = reinterpret_cast<char**>(stack + 1);
  char** const envp = argv + argc + 1;
  if (envp[0] == nullptr) quit(255);
  const int plan_fd = number_after_equals(envp[0]);
  Stub{map_plan(plan_fd), argv, envp + 1}.run();
}

} // namespace
} // namespace skiff::stub

// The compiler may call these for the copies and zeros in the code above.
extern "C" {
[[gnu::used]] void* memset(void* to, int value, size_t size) {
  auto* bytes = static_cast<volatile unsigned char*>(to);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<unsigned char>(value);
  return to;
}
[[gnu::used]] void* memcpy(void* to, const void* from, size_t size) {
  auto* bytes = static_cast<volatile unsigned char*>(to);
  const auto* source = static_cast<const unsigned char*>(from);
  for (size_t i = 0; i < size; ++i) bytes[i] = source[i];
  return to;
}
}

// The kernel enters here with the stack as the ABI says: argc, argv, NULL, envp, NULL.
#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tand $-16, %rsp\n\tcall stub_main\n");
#elif defined(__aarch64__)
__asm__(".globl _start\n_start:\n\tmov x29, #0\n\tmov x0, sp\n\tbl stub_main\n");
#endif
