// ROOT/ID/status as crun writes it, for programs that read that file when they take the runtime for crun.
#pragma once

#include "runtime/container/record.h"
#include "runtime/container/store.h"

namespace skiff {

enum class CgroupManager { cgroupfs, systemd };

// Written once, like the record; Skiff itself never reads it. Throws Error.
void write_crun_status(const StateDir& dir, const Record& record, CgroupManager manager);

} // namespace skiff
