#include "runtime/container/terminal_relay.h"

#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include "runtime/base/error.h"

namespace skiff {

namespace {

// The program inside writes newlines as it means them; the terminal outside adds the carriage returns.
sys::Fd prepare(sys::Fd master) {
  termios settings{};
  if (::tcgetattr(master.get(), &settings) != 0) throw Error(errno, "tcgetattr of the container's terminal");
  settings.c_oflag &= ~static_cast<tcflag_t>(ONLCR);
  if (::tcsetattr(master.get(), TCSANOW, &settings) != 0) throw Error(errno, "tcsetattr of the container's terminal");
  if (::fcntl(master.get(), F_SETFL, O_RDWR | O_NONBLOCK) != 0) throw Error(errno, "fcntl of the container's terminal");
  return master;
}

bool has(const pollfd& watched, int events) {
  return watched.fd >= 0 && (watched.revents & (events | POLLHUP | POLLERR)) != 0;
}

bool asks_to_end(Signals& signals) {
  bool asked = false;
  for (int signal = signals.next(); signal != 0; signal = signals.next())
    asked = asked || signal == SIGTERM || signal == SIGINT || signal == SIGHUP || signal == SIGQUIT;
  return asked;
}

} // namespace

TerminalRelay::TerminalRelay(sys::Fd master)
    : master_(prepare(std::move(master))), input_(sys::FdRef(0), Sink(master_, Sink::Sharing::ours)),
      output_(master_, Sink(sys::FdRef(1), Sink::Sharing::shared)) {
  resize();
}

void TerminalRelay::watch(std::span<pollfd, kWatched> watched) const {
  watched[0] = {input_.readable_fd(), POLLIN, 0};
  watched[1] = {input_.writable_fd(), POLLOUT, 0};
  watched[2] = {hung_up_ ? -1 : output_.readable_fd(), POLLIN, 0};
  watched[3] = {output_.writable_fd(), POLLOUT, 0};
}

void TerminalRelay::serve(std::span<const pollfd, kWatched> watched) {
  if (has(watched[2], POLLIN) || hung_up_) read_output();
  if (has(watched[3], POLLOUT)) write_output();
  if (has(watched[0], POLLIN) && input_.read() == Flow::Outcome::ended) input_.set_ended(true);
  if (has(watched[1], POLLOUT)) (void)input_.write();
}

// EIO: the last one that had the slave open is gone. Another may open it (a getty does so with a /dev/console).
void TerminalRelay::read_output() {
  if (output_.pending()) return;
  hung_up_ = output_.read() == Flow::Outcome::ended;
}

// Whoever read our output does no more: the program inside gets to know as one on a terminal does, by a hangup.
void TerminalRelay::write_output() {
  if (output_.write() != Flow::Outcome::broken) return;
  input_.set_ended(true);
  output_.set_ended(true);
  hung_up_ = false;
  master_.reset();
}

void TerminalRelay::suspend() {
  terminal_.suspend();
  resize();
}

void TerminalRelay::drain(Signals& signals) {
  // More than a terminal holds. A process that the program has left behind may go on writing for ever.
  constexpr size_t kMostReads = 64;
  for (size_t reads = 0; reads < kMostReads; ++reads) {
    while (output_.pending()) {
      pollfd waited[2] = {{output_.writable_fd(), POLLOUT, 0}, {signals.fd().get(), POLLIN, 0}};
      if (::poll(waited, 2, -1) < 0 && errno != EINTR) return;
      if (waited[1].revents != 0 && asks_to_end(signals)) return;
      if (output_.write() == Flow::Outcome::broken) return;
    }
    pollfd more{output_.readable_fd(), POLLIN, 0};
    if (::poll(&more, 1, 0) <= 0 || (more.revents & POLLIN) == 0) return;
    if (output_.read() == Flow::Outcome::ended) return;
  }
}

} // namespace skiff
