#include "runtime/container/raw_terminal.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

#include "runtime/base/error.h"
#include "runtime/sys/file.h"

namespace skiff {

namespace {

std::optional<sys::Fd> find_terminal() {
  for (const int number : {0, 1, 2})
    if (::isatty(number) == 1) return sys::Fd(::fcntl(number, F_DUPFD_CLOEXEC, 3));
  if (Result<sys::Fd> tty = sys::try_open(sys::FdRef(sys::kCwd), "/dev/tty", O_RDWR | O_NOCTTY)) return std::move(*tty);
  return std::nullopt;
}

bool same(const termios& a, const termios& b) {
  return a.c_iflag == b.c_iflag && a.c_oflag == b.c_oflag && a.c_cflag == b.c_cflag && a.c_lflag == b.c_lflag &&
         std::memcmp(a.c_cc, b.c_cc, sizeof a.c_cc) == 0;
}

// Standard streams are not held open beyond the runtime's end, and no key and no signal to its group reaches this one.
[[noreturn]] void run_guard(int tty, int pipe, const termios& before, const termios& raw) {
  (void)::setsid();
  (void)::prctl(PR_SET_NAME, "skiff-tty");
  (void)::dup2(tty, 0);
  (void)::dup2(pipe, 1);
  (void)::syscall(SYS_close_range, 2, ~0U, 0);
  sigset_t all;
  sigfillset(&all);
  (void)::sigprocmask(SIG_SETMASK, &all, nullptr);
  char byte;
  ssize_t n;
  do n = ::read(1, &byte, 1);
  while (n < 0 && errno == EINTR);
  termios now{};
  // Somebody may have set it to their own liking meanwhile.
  if (n == 0 && ::tcgetattr(0, &now) == 0 && same(now, raw)) (void)::tcsetattr(0, TCSANOW, &before);
  ::_exit(0);
}

} // namespace

RawTerminal::RawTerminal() : tty_(find_terminal()) {
  if (!tty_) return;
  if (::tcgetattr(tty_->get(), &before_) != 0) throw Error(errno, "tcgetattr");
  raw_ = before_;
  ::cfmakeraw(&raw_);
  raw_.c_oflag |= OPOST; // the container's terminal leaves the carriage returns to this one
  start_guard();
  make_raw();
}

RawTerminal::~RawTerminal() {
  if (!tty_) return;
  (void)::tcsetattr(tty_->get(), TCSANOW, &before_);
  (void)sys::try_write_all(guard_, {"", 1});
  guard_.reset();
  (void)guard_pidfd_.try_wait();
}

void RawTerminal::start_guard() {
  sys::Pipe pipe = sys::make_pipe();
  sys::Child child = sys::try_clone({}).or_throw("clone the terminal's guard");
  if (child.pid == 0) run_guard(tty_->get(), pipe.reader.get(), before_, raw_);
  guard_ = std::move(pipe.writer);
  guard_pidfd_ = std::move(child.pidfd);
}

void RawTerminal::make_raw() const {
  if (::tcsetattr(tty_->get(), TCSANOW, &raw_) != 0) throw Error(errno, "tcsetattr");
}

void RawTerminal::give_size_to(sys::FdRef master) const {
  winsize size{};
  if (tty_ && ::ioctl(tty_->get(), TIOCGWINSZ, &size) == 0) (void)::ioctl(master.get(), TIOCSWINSZ, &size);
}

void RawTerminal::suspend() {
  if (tty_) (void)::tcsetattr(tty_->get(), TCSANOW, &before_);
  stop_as_job();
  if (tty_) (void)::tcsetattr(tty_->get(), TCSANOW, &raw_); // continued in the background, this stops us again
}

void stop_as_job() {
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTSTP);
  // The default action, from which the kernel exempts groups that nobody would continue.
  (void)::kill(::getpid(), SIGTSTP);
  (void)::sigprocmask(SIG_UNBLOCK, &stop, nullptr);
  (void)::sigprocmask(SIG_BLOCK, &stop, nullptr);
}

} // namespace skiff
