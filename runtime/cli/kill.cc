// `kill`: runtime.md, "Kill".
#include <array>

#include "runtime/cli/commands.h"
#include "runtime/cli/signals.h"

namespace skiff::cli {

int kill(Invocation& invocation) {
  static constexpr Usage kUsage = {
      .arguments = "<container-id> [signal]",
      .description = R"(Sends a signal to the first process of a container: SIGTERM, or the one that is given by its
number or by its name, with or without "SIG".)",
      .min_arguments = 1,
      .max_arguments = 2,
      .stop_after = 1, // the signal may be a negative number
  };
  bool all = false;
  // Old engines still send it. A container without a pid namespace of its own is killed as a whole in any case.
  const std::array options = {
      Option{"all", 'a', &all, "no error if the container has stopped already", {}, Visibility::hidden}};
  const auto arguments = invocation.read(kUsage, options);
  if (!arguments) return 0;
  Container container = open_container(invocation.home(), arguments->front());
  const std::string_view signal = arguments->size() > 1 ? std::string_view((*arguments)[1]) : std::string_view();
  container.kill(parse_signal(signal.empty() ? "SIGTERM" : signal), all);
  return 0;
}

} // namespace skiff::cli
