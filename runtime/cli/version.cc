// The version as --version and `features` tell it.
#include "runtime/cli/version.h"

#include <seccomp.h>

#include "oci-spec/spec.h"
#include "runtime/base/text.h"

namespace skiff::cli {

std::string libseccomp_version() {
  const scmp_version* const linked = ::seccomp_version();
  return linked == nullptr ? "" : cat(linked->major, '.', linked->minor, '.', linked->micro);
}

std::string version_text(const Persona& persona, std::string_view root) {
  const bool crun = persona.form == Form::crun;
  std::string out = cat(persona.name, " version ", version(), '\n');
  if (!commit().empty()) out += cat("commit: ", commit(), '\n');
  if (crun) out += cat("rundir: ", root, '\n');
  out += cat("spec: ", oci::kSpecVersion, '\n');
  // What this build can do, by crun's names.
  if (crun) return out + "+SYSTEMD +SELINUX +APPARMOR +CAP +SECCOMP +EBPF +CRIU +YAJL\n";
  if (const std::string library = libseccomp_version(); !library.empty()) out += cat("libseccomp: ", library, '\n');
  return out;
}

} // namespace skiff::cli
