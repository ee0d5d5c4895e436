#include "runtime/container/signal_queue.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include "runtime/base/error.h"

namespace skiff {

Signals::Signals() {
  sigset_t all;
  sigfillset(&all);
  for (const int own : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGSYS, SIGPIPE, SIGTTOU, SIGTTIN})
    sigdelset(&all, own);
  if (::sigprocmask(SIG_BLOCK, &all, &before_) != 0) throw Error(errno, "sigprocmask");
  struct sigaction ignored {};
  ignored.sa_handler = SIG_IGN;
  if (::sigaction(SIGPIPE, &ignored, &pipe_before_) != 0) throw Error(errno, "sigaction");
  fd_ = sys::Fd(::signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd_) throw Error(errno, "signalfd");
}

Signals::~Signals() {
  (void)::sigaction(SIGPIPE, &pipe_before_, nullptr);
  (void)::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

int Signals::next() {
  signalfd_siginfo info{};
  return ::read(fd_.get(), &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo) : 0;
}

} // namespace skiff
