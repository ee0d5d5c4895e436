// `delete`: runtime.md, "Delete".
#include <array>

#include "runtime/base/messages.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/matching.h"
#include "runtime/cli/output.h"

namespace skiff::cli {

namespace {

// An aborted start can have left a directory without a record in it; nothing else would ever remove that. False where
// the start was not aborted.
bool sweep(const Home& home, const std::string& id) {
  try {
    return remove_leftovers(home, id);
  } catch (const Error& error) {
    complain(error.what());
    return true;
  }
}

void remove_one(const Home& home, const std::string& id, bool force) {
  try {
    open_container(home, id).remove(force);
  } catch (const Error& error) {
    if (error.what() != messages::kNotExist) throw;
    if (!sweep(home, id)) return remove_one(home, id, force);
    if (!force) throw;
  }
}

} // namespace

int remove(Invocation& invocation) {
  static constexpr Usage kUsage = {
      .arguments = "<container-id>",
      .description = "Removes a container that has ended or was never started: its cgroup, and its place in the root.",
      .min_arguments = 1,
      .max_arguments = 1,
  };
  bool force = false;
  bool regex = false;
  const std::array options = {
      Option{"force", 'f', &force, "kill the container first if it still runs"},
      Option{"regex", 'r', &regex, "all containers whose name the regular expression <container-id> matches"}};
  const auto arguments = invocation.read(kUsage, options);
  if (!arguments) return 0;
  const Home& home = invocation.home();
  if (regex)
    for_each_matching(home, arguments->front(), [&](const std::string& id) { remove_one(home, id, force); });
  else
    remove_one(home, arguments->front(), force);
  return 0;
}

} // namespace skiff::cli
