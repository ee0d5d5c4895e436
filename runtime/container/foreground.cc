#include "runtime/container/foreground.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "runtime/base/error.h"

namespace skiff {

namespace {

// Processes of the container that have become ours, but for its first one, whose status is wanted.
void reap_orphans(int first) {
  for (;;) {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0 || info.si_pid == first) return;
    (void)::waitpid(info.si_pid, nullptr, WNOHANG);
  }
}

} // namespace

Signals::Signals() {
  sigset_t all;
  sigfillset(&all);
  for (const int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, SIGTTOU, SIGTTIN})
    sigdelset(&all, own);
  if (::sigprocmask(SIG_BLOCK, &all, &before_) != 0) throw Error(errno, "sigprocmask");
  fd_ = sys::Fd(::signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd_) throw Error(errno, "signalfd");
}

Signals::~Signals() {
  (void)::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

int Signals::next() {
  signalfd_siginfo info{};
  return ::read(fd_.get(), &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo) : 0;
}

sys::ExitStatus wait_in_foreground(const sys::PidFd& process, Signals& signals, TerminalRelay* terminal,
                                   NotifySocket* notify, int pid) {
  for (;;) {
    std::array<pollfd, 5> watched{{{process.get(), POLLIN, 0},
                                   {signals.fd().get(), POLLIN, 0},
                                   {terminal ? terminal->input_fd() : -1, POLLIN, 0},
                                   {terminal ? terminal->master_fd() : -1, POLLIN, 0},
                                   {notify ? notify->fd().get() : -1, POLLIN, 0}}};
    if (::poll(watched.data(), watched.size(), -1) < 0 && errno != EINTR) throw Error(errno, "poll");
    if (watched[3].revents != 0) terminal->pump_output();
    if (watched[2].revents != 0) terminal->pump_input();
    if (watched[4].revents != 0 && notify->relay(pid)) notify = nullptr;
    for (int signal = signals.next(); signal != 0; signal = signals.next()) {
      if (signal == SIGCHLD) {
        reap_orphans(pid);
      } else if (signal == SIGWINCH && terminal != nullptr) {
        terminal->resize();
      } else {
        (void)process.try_signal(signal);
      }
    }
    if (watched[0].revents == 0) continue;
    if (terminal != nullptr) terminal->drain();
    Result<sys::ExitStatus> status = process.try_wait();
    reap_orphans(0);
    return std::move(status).or_throw("wait for the container");
  }
}

} // namespace skiff
