// `kill`: runtime.md, "Kill".
#include <array>

#include "runtime/cli/commands.h"
#include "runtime/cli/matching.h"
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
  bool regex = false;
  // Old engines still send --all. A container without a pid namespace of its own is killed as a whole in any case.
  const std::array options = {
      Option{"all", 'a', &all, "no error if the container has stopped already", {}, Visibility::hidden},
      Option{"regex", 'r', &regex, "all containers whose name the regular expression <container-id> matches"}};
  const auto arguments = invocation.read(kUsage, options);
  if (!arguments) return 0;
  const Home& home = invocation.home();
  const std::string& id = arguments->front();
  const std::string_view word = arguments->size() > 1 ? std::string_view((*arguments)[1]) : std::string_view();
  const std::string_view signal = word.empty() ? "SIGTERM" : word;
  if (regex) {
    const int number = parse_signal(signal);
    for_each_matching(home, id, [&](const std::string& each) { open_container(home, each).kill(number, all); });
    return 0;
  }
  Container container = open_container(home, id);
  container.kill(parse_signal(signal), all);
  return 0;
}

} // namespace skiff::cli
