// AppArmor and SELinux: whether they are there, and what they want written.
#include "runtime/security/lsm.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/sys/file.h"

namespace skiff::security {

namespace {

constexpr sys::FdRef kHere(sys::kCwd);

// The module may be built in and off. Its directory in securityfs says nothing: podman unmounts /sys/kernel before it
// calls us for a container with a user namespace.
bool apparmor_active() {
  Result<std::string> enabled = sys::try_read_file(kHere, "/sys/module/apparmor/parameters/enabled");
  return enabled && enabled->starts_with('Y');
}

// A read-only selinuxfs is how a container is told that SELinux is none of its business, and "kernel" is the label of a
// host whose policy is not loaded.
bool selinux_active() {
  struct statfs fs {};
  if (::statfs("/sys/fs/selinux", &fs) != 0 || fs.f_type != SELINUX_MAGIC) return false;
  if ((static_cast<unsigned long>(fs.f_flags) & ST_RDONLY) != 0) return false;
  Result<std::string> label = sys::try_read_file(kHere, "/proc/self/attr/current");
  return !label || std::string_view(label->c_str()) != "kernel"; // the text ends with a NUL
}

} // namespace

LsmSupport lsm_support() {
  LsmSupport support;
  support.apparmor = apparmor_active();
  support.apparmor_directory = support.apparmor && sys::exists("/proc/self/attr/apparmor");
  support.selinux = !support.apparmor && selinux_active();
  return support;
}

std::optional<LsmLabel> exec_label(const oci::Process& process, const LsmSupport& support) {
  if (!process.selinux_label.empty() && !support.selinux)
    throw Error("selinux label is specified in config, but selinux is disabled or not supported");
  if (!process.apparmor_profile.empty() && !support.apparmor)
    throw Error("unable to apply apparmor profile: apparmor: config provided but apparmor not supported");
  if (!process.selinux_label.empty()) return LsmLabel{"self/attr/exec", process.selinux_label};
  if (process.apparmor_profile.empty()) return std::nullopt;
  return LsmLabel{support.apparmor_directory ? "self/attr/apparmor/exec" : "self/attr/exec",
                  cat("exec ", process.apparmor_profile)};
}

std::optional<LsmLabel> exec_label(const oci::Process& process) {
  if (process.selinux_label.empty() && process.apparmor_profile.empty()) return std::nullopt;
  return exec_label(process, lsm_support());
}

} // namespace skiff::security
