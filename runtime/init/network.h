// The one thing that a new network namespace needs from its runtime: config-linux.md, "Namespaces".
#pragma once

namespace skiff::init {

void bring_up_loopback();

} // namespace skiff::init
