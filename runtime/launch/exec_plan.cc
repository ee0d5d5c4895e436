#include "runtime/launch/exec_plan.h"

#include <fcntl.h>

#include "runtime/base/text.h"
#include "runtime/launch/idmap.h"
#include "runtime/launch/namespace_table.h"
#include "runtime/launch/plan_parts.h"
#include "runtime/stub/image.h"
#include "runtime/sys/file.h"

namespace skiff::launch {

uint64_t foreign_namespaces(int pid, uint64_t among) {
  const sys::Fd ours = sys::open("/proc/self/ns", O_PATH | O_DIRECTORY);
  const sys::Fd theirs = sys::try_open(sys::FdRef(sys::kCwd), cat("/proc/", pid, "/ns").c_str(), O_PATH | O_DIRECTORY)
                             .or_throw("look up the namespaces of the container");
  uint64_t foreign = 0;
  for (const NamespaceRow& row : kNamespaceRows) {
    if ((row.flag & among) == 0) continue;
    Result<struct stat> own = sys::try_stat(ours, row.proc_name);
    if (!own) continue; // this kernel has no such namespaces
    const struct stat other = sys::try_stat(theirs, row.proc_name).or_throw([&] {
      return cat("look up the ", row.proc_name, " namespace of the container");
    });
    if (own->st_ino != other.st_ino || own->st_dev != other.st_dev) foreign |= row.flag;
  }
  return foreign;
}

ExecPlan plan_exec(const oci::Spec& spec, const oci::Process& process, sys::PidFd init, const ExecRequest& request) {
  ExecPlan plan;
  plan.process = plan_process(process, spec);
  plan.process.kept_fds = request.preserve_fds;
  if (request.new_keyring) plan.process.keyring = cat("_ses.", request.id);
  plan.joined = foreign_namespaces(request.init_pid);
  plan.init = std::move(init);
  plan.may_set_groups = may_set_groups(request.init_pid);
  if (!(plan.joined & CLONE_NEWNS)) plan.root = sys::open(request.rootfs, O_PATH | O_DIRECTORY);
  if (spec.linux_) {
    plan.personality = spec.linux_->personality;
    plan.memory_policy = spec.linux_->memory_policy;
    if (spec.linux_->seccomp)
      plan.process.seccomp = plan_seccomp(*spec.linux_->seccomp, request.seccomp_cache, request.listens_always);
  }
  plan.stub = stub::sealed_image();
  return plan;
}

} // namespace skiff::launch
