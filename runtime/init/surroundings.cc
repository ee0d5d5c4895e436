#include "runtime/init/surroundings.h"

#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/base/error.h"

namespace skiff::init {

void die_with_parent() {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) throw Error(errno, "prctl(PR_SET_PDEATHSIG)");
}

void outlive_parent() {
  if (::prctl(PR_SET_PDEATHSIG, 0) != 0) throw Error(errno, "prctl(PR_SET_PDEATHSIG)");
}

void forget_surroundings(unsigned kept_fds) {
  // clone3 has reset the handlers; what the engine ignores (conmon: SIGPIPE) it has not.
  for (int signal = 1; signal < 32; ++signal)
    if (signal != SIGKILL && signal != SIGSTOP) (void)::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  (void)::sigprocmask(SIG_SETMASK, &none, nullptr);
  if (::syscall(SYS_close_range, 3 + kept_fds, ~0U, CLOSE_RANGE_CLOEXEC) != 0)
    throw Error(errno, "error closing exec fds");
  (void)::setsid(); // fails only for a session leader, which init is then already
  (void)::umask(0);
}

} // namespace skiff::init
