// `delete`: runtime.md, "Delete".
#include <array>

#include "runtime/base/messages.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/output.h"

namespace skiff::cli {

namespace {

// An aborted start can have left a directory without a record in it; nothing else would ever remove that.
void sweep(const Home& home, const std::string& id) {
  try {
    remove_leftovers(home, id);
  } catch (const Error& error) {
    complain(error.what());
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
  const std::array options = {Option{"force", 'f', &force, "kill the container first if it still runs"}};
  const auto arguments = invocation.read(kUsage, options);
  if (!arguments) return 0;
  const std::string& id = arguments->front();
  try {
    open_container(invocation.home(), id).remove(force);
  } catch (const Error& error) {
    if (error.what() != messages::kNotExist) throw;
    sweep(invocation.home(), id);
    if (!force) throw;
  }
  return 0;
}

} // namespace skiff::cli
