#include "runtime/launch/plan.h"

#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/launch/plan_parts.h"
#include "runtime/log/log.h"
#include "runtime/stub/image.h"
#include "runtime/sys/uapi.h"

namespace skiff::launch {

InitPlan plan_init(const oci::Spec& spec, const PlanRequest& request) {
  InitPlan plan;
  plan.id = request.id;
  plan.wants_debug = log::enabled(log::Level::debug);
  plan.process = plan_process(*spec.process, spec);
  plan.process.kept_fds = request.preserve_fds;
  if (!request.no_new_keyring) plan.process.keyring = cat("_ses.", request.id);
  plan_namespaces(plan, spec);
  if (spec.hooks) plan.hooks = *spec.hooks;
  plan.waits_for_runtime_hooks = !plan.hooks.prestart.empty() || !plan.hooks.create_runtime.empty();
  plan_rootfs(plan, spec, request);
  plan_devices(plan, spec);
  plan.hostname = spec.hostname;
  plan.domainname = spec.domainname;
  if (spec.linux_) {
    plan.sysctl = spec.linux_->sysctl;
    plan.personality = spec.linux_->personality;
    if (plan.personality && !plan.personality->flags.empty())
      log::warn("personality flags are not supported, ignoring"); // the specification has no names for them yet
    plan.memory_policy = spec.linux_->memory_policy;
    if (spec.linux_->seccomp)
      plan.process.seccomp = plan_seccomp(*spec.linux_->seccomp, request.seccomp_cache, request.listens_always);
  }
  if (plan.process.seccomp && plan.process.seccomp->notifies && spec.linux_->seccomp->listener_path.empty())
    throw Error("seccomp listenerPath is not set");
  plan.state.oci_version = spec.oci_version;
  plan.state.id = request.id;
  plan.state.bundle = request.bundle;
  plan.state.annotations = spec.annotations;
  plan.stub = stub::sealed_image();
  return plan;
}

} // namespace skiff::launch
