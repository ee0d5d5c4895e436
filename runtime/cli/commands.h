// The commands, one file each ("pause" and "resume" share freeze.cc). All return the exit status or throw Error.
#pragma once

#include <span>
#include <string_view>

#include "runtime/cli/command.h"

namespace skiff::cli {

int checkpoint(Invocation& invocation);
int create(Invocation& invocation);
int remove(Invocation& invocation); // delete
int events(Invocation& invocation);
int exec(Invocation& invocation);
int features(Invocation& invocation);
int kill(Invocation& invocation);
int list(Invocation& invocation);
int mounts(Invocation& invocation);
int pause(Invocation& invocation);
int ps(Invocation& invocation);
int restore(Invocation& invocation);
int resume(Invocation& invocation);
int run(Invocation& invocation);
int spec(Invocation& invocation);
int start(Invocation& invocation);
int state(Invocation& invocation);
int update(Invocation& invocation);

// In the order in which help shows them.
std::span<const Command> commands();
// Null for a name that is none.
const Command* find_command(std::string_view name);

} // namespace skiff::cli
