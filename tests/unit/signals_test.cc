// Signals by number and by name.
#include "tests/unit/catch.h"

#include <csignal>

#include "runtime/base/error.h"
#include "runtime/cli/signals.h"

using skiff::cli::parse_signal;

TEST_CASE("signals have numbers and names") {
  CHECK(parse_signal("9") == 9);
  CHECK(parse_signal("0") == 0);
  CHECK(parse_signal("+15") == 15);
  CHECK(parse_signal("KILL") == SIGKILL);
  CHECK(parse_signal("SIGKILL") == SIGKILL);
  CHECK(parse_signal("sigterm") == SIGTERM);
  CHECK(parse_signal("Usr1") == SIGUSR1);
  CHECK(parse_signal("winch") == SIGWINCH);
  CHECK(parse_signal("CLD") == SIGCHLD);
}

TEST_CASE("real-time signals count from both ends") {
  CHECK(parse_signal("RTMIN") == SIGRTMIN);
  CHECK(parse_signal("SIGRTMIN+3") == SIGRTMIN + 3);
  CHECK(parse_signal("rtmax-1") == SIGRTMAX - 1);
  for (const char* bad : {"RTMIN+", "RTMIN+31", "RTMAX+1", "RTMIN-1", "RTMIN+-1"}) {
    CHECK_THROWS_AS(parse_signal(bad), skiff::Error);
  }
}

TEST_CASE("an unknown signal is quoted as given") {
  CHECK_THROWS_WITH(parse_signal("nosuch"), "unknown signal \"nosuch\"");
  CHECK_THROWS_WITH(parse_signal(""), "unknown signal \"\"");
  CHECK_THROWS_WITH(parse_signal("SIG"), "unknown signal \"SIG\"");
  CHECK_THROWS_WITH(parse_signal("9x"), "unknown signal \"9x\"");
}
