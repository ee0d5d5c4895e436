#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>

#include "runtime/base/error.h"
#include "runtime/container/foreground.h"
#include "runtime/sys/file.h"

namespace skiff {

namespace {

// Standard input, output or error, whichever is a terminal; else the controlling terminal; else none.
std::optional<sys::Fd> find_terminal() {
  for (const int number : {0, 1, 2})
    if (::isatty(number) == 1) return sys::Fd(::fcntl(number, F_DUPFD_CLOEXEC, 3));
  if (Result<sys::Fd> tty = sys::try_open(sys::FdRef(sys::kCwd), "/dev/tty", O_RDWR | O_NOCTTY)) return std::move(*tty);
  return std::nullopt;
}

// The program inside writes newlines as it means them; the terminal outside adds the carriage returns.
void clear_onlcr(sys::FdRef master) {
  termios settings{};
  if (::tcgetattr(master.get(), &settings) != 0) throw Error(errno, "tcgetattr of the container's terminal");
  settings.c_oflag &= ~static_cast<tcflag_t>(ONLCR);
  if (::tcsetattr(master.get(), TCSANOW, &settings) != 0) throw Error(errno, "tcsetattr of the container's terminal");
}

// One read's worth. False at the end of `from`.
bool pump(int from, int to) {
  std::array<char, 16384> buffer;
  const ssize_t n = ::read(from, buffer.data(), buffer.size());
  if (n < 0) return errno == EINTR || errno == EAGAIN;
  if (n == 0) return false;
  return static_cast<bool>(sys::try_write_all(sys::FdRef(to), {buffer.data(), static_cast<size_t>(n)}));
}

} // namespace

TerminalRelay::TerminalRelay(sys::Fd master) : master_(std::move(master)), tty_(find_terminal()) {
  clear_onlcr(master_);
  if (!tty_) return;
  if (::tcgetattr(tty_->get(), &before_) != 0) throw Error(errno, "tcgetattr");
  termios raw = before_;
  ::cfmakeraw(&raw);
  raw.c_oflag |= OPOST; // see clear_onlcr
  resize();
  if (::tcsetattr(tty_->get(), TCSANOW, &raw) != 0) throw Error(errno, "tcsetattr");
}

TerminalRelay::~TerminalRelay() {
  if (tty_) (void)::tcsetattr(tty_->get(), TCSANOW, &before_);
}

void TerminalRelay::resize() {
  winsize size{};
  if (tty_ && ::ioctl(tty_->get(), TIOCGWINSZ, &size) == 0) (void)::ioctl(master_.get(), TIOCSWINSZ, &size);
}

void TerminalRelay::pump_input() {
  input_open_ = pump(0, master_.get());
}

// EIO: the last one that had the slave open is gone.
void TerminalRelay::pump_output() {
  master_open_ = pump(master_.get(), 1);
}

void TerminalRelay::drain() {
  pollfd watched{master_.get(), POLLIN, 0};
  while (master_open_ && ::poll(&watched, 1, 0) > 0 && (watched.revents & POLLIN)) pump_output();
}

} // namespace skiff
