#include "runtime/container/idle_labels.h"

#include "runtime/base/text.h"
#include "runtime/log/log.h"
#include "runtime/security/lsm.h"

namespace skiff {

namespace {

void drop(std::string& label, std::string_view field, std::string_view module) {
  log::error(cat(field, " ", quote(label), " takes no effect: ", module, " is not enabled in this kernel"));
  label.clear();
}

} // namespace

void drop_idle_labels(oci::Process& process) {
  if (process.apparmor_profile.empty() && process.selinux_label.empty()) return;
  const security::LsmSupport support = security::lsm_support();
  if (!process.apparmor_profile.empty() && !support.apparmor)
    drop(process.apparmor_profile, "process.apparmorProfile", "AppArmor");
  if (!process.selinux_label.empty() && !support.selinux)
    drop(process.selinux_label, "process.selinuxLabel", "SELinux");
}

void drop_idle_mount_label(oci::Spec& spec) {
  if (spec.linux_ && !spec.linux_->mount_label.empty() && !security::lsm_support().selinux)
    drop(spec.linux_->mount_label, "linux.mountLabel", "SELinux");
}

} // namespace skiff
