// Labels of Linux security modules: config.md, "Linux Process", apparmorProfile and selinuxLabel. Says what is to be
// written where; the writing is done by the process itself, through a procfs that it trusts (I6).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "oci-spec/spec.h"

namespace skiff::security {

// One write of `text` to `file`, a path below a procfs: "self/attr/exec".
struct LsmLabel {
  std::string file;
  std::string text;
};

// What the host has. At most one of the modules is active: both want to be alone.
struct LsmSupport {
  bool apparmor = false;
  bool apparmor_directory = false; // /proc/PID/attr/apparmor (Linux 5.8): the plain files may be another module's
  bool selinux = false;
};
LsmSupport lsm_support();

// The write that puts the process's program under its profile or label at the next execve(2); the file has to be opened
// by the process itself. Nothing when none is asked for. Throws Error, in runc's words, when the module that it needs
// is not active (I12).
std::optional<LsmLabel> exec_label(const oci::Process& process, const LsmSupport& support);
// The same with the host's support, which is only looked up when it matters.
std::optional<LsmLabel> exec_label(const oci::Process& process);

// Gets the SELinux label before a session keyring is made, and nothing after. May be missing, which is no error.
inline constexpr std::string_view kKeyringLabelFile = "self/attr/keycreate";

} // namespace skiff::security
