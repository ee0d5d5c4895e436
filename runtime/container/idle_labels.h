// Labels of a security module that is not active, where they are to be let pass: Policy::ignores_idle_labels. Each is
// cleared, and the log tells of it, at a level that no caller's threshold hides: the program is less confined than its
// configuration says.
#pragma once

#include "oci-spec/spec.h"

namespace skiff {

// config.md, "Linux Process": apparmorProfile and selinuxLabel.
void drop_idle_labels(oci::Process& process);
// config-linux.md, "Mount Label".
void drop_idle_mount_label(oci::Spec& spec);

} // namespace skiff
