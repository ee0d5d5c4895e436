// The end of init: everything that is still to do is written down for the stub, which takes this process over.
#pragma once

#include "runtime/init/program.h"
#include "runtime/launch/plan.h"
#include "runtime/launch/protocol.h"

namespace skiff::init {

enum class After { nothing, start }; // has init itself waited for `start`?

// Waits for the byte of `start`, or for Go, where init itself has to (startContainer hooks).
void wait_for_start(const launch::InitPlan& plan, launch::ChildEnd& parent);

// A filter that notifies must have its agent before Ready, but the stub comes only after `start` where there are
// startContainer hooks. So init goes under it, with all that it runs from here on, as in runc. Throws Error.
void load_notifying_filter(launch::ProcessPlan& process, launch::ChildEnd& parent);

struct Handover {
  const launch::ProcessPlan& process;
  const Program& program;
  sys::FdRef stub;
  sys::FdRef sync = sys::FdRef(-1); // -1: nobody listens
  sys::FdRef fifo = sys::FdRef(-1); // -1: Go
  sys::FdRef proc = sys::FdRef(-1); // a trusted procfs, if there is a label to write
  bool may_set_groups = true;
  After after = After::nothing;
};
// Becomes the stub. Throws Error when that fails.
[[noreturn]] void become_stub(const Handover& handover);

} // namespace skiff::init
