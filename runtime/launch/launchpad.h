// The launchpad: a pinned mount namespace that holds almost nothing, from which containers are cloned, so that the
// start of one does not copy the host's whole mount table (design: section 4.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/sys/fd.h"

namespace skiff::launch {

// The empty directory in the launchpad where a container's root is attached.
inline constexpr std::string_view kRootInLaunchpad = "/root";

// The mount namespace pinned below `directory`, made on first use, made anew when it is not usable. Nothing where it
// cannot be had: then the caller clones from its own mount namespace, which always works.
std::optional<sys::Fd> open_launchpad(const std::string& directory);

} // namespace skiff::launch
