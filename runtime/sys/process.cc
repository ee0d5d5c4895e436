#include "runtime/sys/process.h"

#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"
#include "runtime/sys/uapi.h"

namespace skiff::sys {

namespace {

Result<std::optional<ExitStatus>> wait_child(int pidfd, int options) {
  siginfo_t info{};
  while (::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(pidfd), &info, WEXITED | options) != 0)
    if (errno != EINTR) return Errno::last();
  if (info.si_pid == 0) return std::optional<ExitStatus>{};
  if (info.si_code == CLD_EXITED) return std::optional(ExitStatus{.code = info.si_status});
  return std::optional(ExitStatus{.signal = info.si_status});
}

} // namespace

Result<void> PidFd::try_signal(int signal) const {
  if (::syscall(SYS_pidfd_send_signal, get(), signal, nullptr, 0) != 0) return Errno::last();
  return {};
}

Result<ExitStatus> PidFd::try_wait() const {
  Result<std::optional<ExitStatus>> status = wait_child(get(), 0);
  if (!status) return Errno{status.error()};
  return status->value_or(ExitStatus{});
}

Result<std::optional<ExitStatus>> PidFd::try_poll() const {
  return wait_child(get(), WNOHANG);
}

Result<Fd> PidFd::try_get_fd(int number) const {
  const long fd = ::syscall(SYS_pidfd_getfd, get(), number, 0);
  if (fd < 0) return Errno::last();
  return Fd(static_cast<int>(fd));
}

Result<PidFd> try_pidfd(int pid) {
  const long fd = ::syscall(SYS_pidfd_open, pid, 0);
  if (fd < 0) return Errno::last();
  return PidFd(static_cast<int>(fd));
}

bool wait_until_gone(const PidFd& process, int milliseconds) {
  pollfd waited{.fd = process.get(), .events = POLLIN, .revents = 0};
  for (;;) {
    const int n = ::poll(&waited, 1, milliseconds);
    if (n >= 0 || errno != EINTR) return n > 0;
  }
}

Result<ProcessStat> try_process_stat(int pid) {
  Result<std::string> text = try_read_file(FdRef(kCwd), cat("/proc/", pid, "/stat").c_str());
  if (!text) return Errno{text.error()};
  // The name in field 2 may hold anything, blanks and parentheses too: the fields begin after the last ')'.
  const size_t name_end = text->rfind(')');
  if (name_end == std::string::npos) return Errno{EINVAL};
  const auto fields = split(trim(std::string_view(*text).substr(name_end + 1)), ' ');
  constexpr size_t kState = 0, kStartTime = 19; // fields 3 and 22
  if (fields.size() <= kStartTime) return Errno{EINVAL};
  return ProcessStat{fields[kState].front(), parse_number<uint64_t>(fields[kStartTime]).value_or(0)};
}

Result<Child> try_clone(const CloneRequest& request) {
  // A raw clone3 leaves glibc's cached thread id stale, which breaks abort() and mutexes; the kernel can set it.
  int* tid = nullptr;
  (void)::prctl(PR_GET_TID_ADDRESS, &tid);
  int pidfd = -1;
  clone_args args{};
  args.flags = request.flags | CLONE_PIDFD | CLONE_CLEAR_SIGHAND | (tid != nullptr ? CLONE_CHILD_SETTID : 0);
  args.pidfd = reinterpret_cast<uint64_t>(&pidfd);
  args.child_tid = reinterpret_cast<uint64_t>(tid);
  args.exit_signal = request.sibling ? 0 : SIGCHLD; // CLONE_PARENT takes the caller's own
  if (request.sibling) args.flags |= CLONE_PARENT;
  if (request.into_cgroup.get() >= 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<uint64_t>(request.into_cgroup.get());
  }
  const long pid = ::syscall(SYS_clone3, &args, sizeof args);
  if (pid < 0) return Errno::last();
  Child child;
  child.pid = static_cast<int>(pid);
  if (pid > 0) child.pidfd.reset(pidfd);
  return child;
}

[[noreturn]] void hold_for(int parent) {
  (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
  while (::getppid() == parent) ::pause();
  ::_exit(1);
}

Result<void> try_setns(FdRef ns, int type) {
  if (::setns(ns.get(), type) != 0) return Errno::last();
  return {};
}

Result<void> try_unshare(int flags) {
  if (::unshare(flags) != 0) return Errno::last();
  return {};
}

bool in_user_namespace() {
  static constexpr ino_t kInitialUserNamespace = 0xeffffffd; // PROC_USER_INIT_INO in linux/nsfs.h
  Result<struct stat> own = try_stat(FdRef(kCwd), "/proc/self/ns/user");
  return own && own->st_ino != kInitialUserNamespace;
}

} // namespace skiff::sys
