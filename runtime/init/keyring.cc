#include "runtime/init/keyring.h"

#include <linux/keyctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/security/lsm.h"
#include "runtime/sys/procfs.h"

namespace skiff::init {

namespace {

// The label of keys that this process makes. Kernels without SELinux have no such file.
void write_label(const std::string& label) {
  const sys::ProcFs proc = sys::ProcFs::try_open().or_throw("open a procfs");
  const std::string file =
      cat(::getpid(), std::string_view(security::kKeyringLabelFile).substr(4)); // no symlink "self"
  const Result<void> done = proc.try_write(file, label);
  if (!done && done.error() != ENOENT) throw Error(done.error(), "label the session keyring");
}

} // namespace

void join_session_keyring(const launch::ProcessPlan& process) {
  if (process.keyring.empty()) return;
  const bool labelled = !process.keyring_label.empty();
  if (labelled) write_label(process.keyring_label);
  const long key = ::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, process.keyring.c_str());
  const int reason = errno;
  if (labelled) write_label({});
  if (key < 0 && reason == ENOSYS) return;
  if (key < 0) throw Error(reason, "unable to join session keyring");
  // Possessor: all; user: view, read and search, so that exec'ed processes of the same user find it.
  constexpr unsigned kPermissions = 0x3f000000 | 0x000b0000;
  if (::syscall(SYS_keyctl, KEYCTL_SETPERM, key, kPermissions) != 0)
    throw Error(errno, "unable to mod keyring permissions");
}

} // namespace skiff::init
