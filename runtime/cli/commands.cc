// The table of commands.
#include "runtime/cli/commands.h"

#include <algorithm>
#include <array>

namespace skiff::cli {

std::span<const Command> commands() {
  static constexpr std::array kCommands = {
      Command{"checkpoint", "save the processes of a container as files, by criu", checkpoint},
      Command{"create", "set up a container from a bundle, ready to start", create},
      Command{"delete", "remove a container that has ended, and all that it holds", remove},
      Command{"events", "print what a container uses, and when it runs out of memory", events},
      Command{"exec", "run a further process in a container", exec},
      Command{"features", "print what this runtime supports, as JSON", features},
      Command{"kill", "send a signal to a container", kill},
      Command{"list", "show the containers under the root", list},
      Command{"mounts", "add mounts to a running container, or remove them", mounts},
      Command{"pause", "suspend all processes of a container", pause},
      Command{"ps", "show the processes of a container", ps},
      Command{"restore", "let a container go on from a checkpoint", restore},
      Command{"resume", "let the processes of a paused container go on", resume},
      Command{"run", "create a container and start it", run},
      Command{"spec", "write a config.json to begin with", spec},
      Command{"start", "let a created container run its program", start},
      Command{"state", "print the state of a container, as JSON", state},
      Command{"update", "change what a container may use", update},
  };
  return kCommands;
}

const Command* find_command(std::string_view name) {
  const std::span<const Command> all = commands();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Command& command) { return command.name == name; });
  return found == all.end() ? nullptr : &*found;
}

} // namespace skiff::cli
