// The process in between of a staged start or exec: what it does last, and what the runtime hears of it.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "runtime/launch/protocol.h"

namespace skiff::launch {

// Clones the new process (`flags`: CLONE_NEW*) as the runtime's child, tells its pid, and is gone. The clone runs
// `body`, which does not return, when the runtime has heard of it: else its own words could come first. Throws Error,
// with `doing` before the reason.
[[noreturn]] void hand_over(uint64_t flags, std::string_view doing, ChildEnd& parent,
                            const std::function<void()>& body);

// In the runtime: the pid of the clone, as it sees it. Throws Error: what the process in between had to say, or that
// `who` has died.
int receive_staged(ParentEnd& channel, std::string_view who);

} // namespace skiff::launch
