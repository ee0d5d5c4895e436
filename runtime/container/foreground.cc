#include "runtime/container/foreground.h"

#include <poll.h>
#include <signal.h>
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

void pass_on(int signal, const sys::PidFd& process, TerminalRelay* terminal, int pid) {
  switch (signal) {
  case SIGCHLD:
    return reap_orphans(pid);
  case SIGWINCH:
    if (terminal != nullptr) return terminal->resize();
    break;
  case SIGTSTP:
    (void)process.try_signal(signal);
    if (terminal != nullptr) return terminal->suspend();
    return stop_as_job();
  default:
    break;
  }
  (void)process.try_signal(signal);
}

} // namespace

sys::ExitStatus wait_in_foreground(const sys::PidFd& process, Signals& signals, TerminalRelay* terminal,
                                   NotifySocket* notify, int pid) {
  constexpr size_t kOwn = 3;
  for (;;) {
    std::array<pollfd, kOwn + TerminalRelay::kWatched> watched;
    watched.fill({-1, 0, 0});
    watched[0] = {process.get(), POLLIN, 0};
    watched[1] = {signals.fd().get(), POLLIN, 0};
    watched[2] = {notify ? notify->fd().get() : -1, POLLIN, 0};
    const auto relayed = std::span(watched).last<TerminalRelay::kWatched>();
    if (terminal != nullptr) terminal->watch(relayed);
    if (::poll(watched.data(), watched.size(), terminal ? terminal->patience() : -1) < 0 && errno != EINTR)
      throw Error(errno, "poll");
    if (terminal != nullptr) terminal->serve(relayed);
    if (watched[2].revents != 0 && notify->relay(::getpid())) notify = nullptr;
    for (int signal = signals.next(); signal != 0; signal = signals.next()) pass_on(signal, process, terminal, pid);
    if (watched[0].revents == 0) continue;
    if (terminal != nullptr) terminal->drain(signals);
    Result<sys::ExitStatus> status = process.try_wait();
    reap_orphans(0);
    return std::move(status).or_throw("wait for the container");
  }
}

} // namespace skiff
