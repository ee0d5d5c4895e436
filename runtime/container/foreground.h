// Waiting for a container in the foreground: signals go to it, its terminal to ours.
#pragma once

#include "runtime/container/notify.h"
#include "runtime/container/signal_queue.h"
#include "runtime/container/terminal_relay.h"
#include "runtime/sys/process.h"

namespace skiff {

// Until the process has ended, and everything that it has left behind in our care is reaped. `terminal` and `notify`
// may be null. To the manager, this process stands for the container.
sys::ExitStatus wait_in_foreground(const sys::PidFd& process, Signals& signals, TerminalRelay* terminal,
                                   NotifySocket* notify, int pid);

} // namespace skiff
