// The table of signal names.
#include "runtime/cli/signals.h"

#include <csignal>

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "runtime/base/error.h"
#include "runtime/base/text.h"

namespace skiff::cli {

namespace {

struct Signal {
  std::string_view name;
  int number;
};

constexpr std::array kSignals = {
    Signal{"ABRT", SIGABRT}, Signal{"ALRM", SIGALRM}, Signal{"BUS", SIGBUS},       Signal{"CHLD", SIGCHLD},
    Signal{"CLD", SIGCHLD},  Signal{"CONT", SIGCONT}, Signal{"FPE", SIGFPE},       Signal{"HUP", SIGHUP},
    Signal{"ILL", SIGILL},   Signal{"INT", SIGINT},   Signal{"IO", SIGIO},         Signal{"IOT", SIGABRT},
    Signal{"KILL", SIGKILL}, Signal{"PIPE", SIGPIPE}, Signal{"POLL", SIGIO},       Signal{"PROF", SIGPROF},
    Signal{"PWR", SIGPWR},   Signal{"QUIT", SIGQUIT}, Signal{"SEGV", SIGSEGV},     Signal{"STKFLT", SIGSTKFLT},
    Signal{"STOP", SIGSTOP}, Signal{"SYS", SIGSYS},   Signal{"TERM", SIGTERM},     Signal{"TRAP", SIGTRAP},
    Signal{"TSTP", SIGTSTP}, Signal{"TTIN", SIGTTIN}, Signal{"TTOU", SIGTTOU},     Signal{"URG", SIGURG},
    Signal{"USR1", SIGUSR1}, Signal{"USR2", SIGUSR2}, Signal{"VTALRM", SIGVTALRM}, Signal{"WINCH", SIGWINCH},
    Signal{"XCPU", SIGXCPU}, Signal{"XFSZ", SIGXFSZ},
};
static_assert(std::is_sorted(kSignals.begin(), kSignals.end(),
                             [](const Signal& a, const Signal& b) { return a.name < b.name; }));

// By libc's SIGRTMIN, as every other tool counts: the kernel's is lower by what the thread library keeps to itself.
std::optional<int> real_time(std::string_view name) {
  if (name == "RTMIN") return SIGRTMIN;
  if (name == "RTMAX") return SIGRTMAX;
  const bool up = name.starts_with("RTMIN+");
  if (!up && !name.starts_with("RTMAX-")) return std::nullopt;
  const std::optional<unsigned> offset = parse_number<unsigned>(name.substr(6));
  if (!offset || *offset > static_cast<unsigned>(SIGRTMAX - SIGRTMIN)) return std::nullopt;
  return up ? SIGRTMIN + static_cast<int>(*offset) : SIGRTMAX - static_cast<int>(*offset);
}

} // namespace

int parse_signal(std::string_view text) {
  // As Go's Atoi, which takes a plus sign too.
  const std::string_view digits = text.starts_with('+') && !text.starts_with("+-") ? text.substr(1) : text;
  if (const std::optional<int> number = parse_number<int>(digits)) return *number;

  std::string name(text);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  const std::string_view bare = name.starts_with("SIG") ? std::string_view(name).substr(3) : std::string_view(name);
  const auto found =
      std::lower_bound(kSignals.begin(), kSignals.end(), bare, [](const Signal& s, auto n) { return s.name < n; });
  if (found != kSignals.end() && found->name == bare) return found->number;
  if (const std::optional<int> number = real_time(bare)) return *number;
  throw Error(cat("unknown signal ", quote(text)));
}

} // namespace skiff::cli
