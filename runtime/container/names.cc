#include "runtime/container/names.h"

#include <cerrno>
#include <cstring>

#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/container/annotations.h"
#include "runtime/stub/plan.h"

namespace skiff::names {

namespace {

// runc's words; the label is there when writing it has failed.
std::string label_sentence(const launch::ProcessPlan& process) {
  const std::string file = cat("write /proc/", process.label ? process.label->file : "");
  const bool is_apparmor = process.label && process.label->text.starts_with("exec ");
  return is_apparmor ? cat("unable to apply apparmor profile: apparmor failed to apply profile: ", file)
                     : cat("can't set process label: ", file);
}

std::string sentence(stub::Step step, int code, const launch::ProcessPlan& process) {
  switch (step) {
  case stub::Step::read_plan:
    return "read the plan";
  case stub::Step::label:
    return label_sentence(process);
  case stub::Step::bounding_set:
    return "unable to apply bounding set";
  case stub::Step::keep_capabilities:
    return "unable to set keep caps";
  case stub::Step::groups:
    return "unable to setup user: setgroups";
  case stub::Step::gid:
    return code == EINVAL
               ? cat("unable to setup user: cannot setgid to unmapped gid ", process.gid, " in user namespace")
               : "unable to setup user: setgid";
  case stub::Step::uid:
    return code == EINVAL
               ? cat("unable to setup user: cannot setuid to unmapped uid ", process.uid, " in user namespace")
               : "unable to setup user: setuid";
  case stub::Step::capabilities:
    return "unable to apply caps";
  case stub::Step::ambient_set:
    return "unable to apply ambient caps";
  case stub::Step::cwd:
    return cat("chdir to cwd (", quote(process.cwd), ") set in config.json failed");
  case stub::Step::no_new_privileges:
    return "prctl(SET_NO_NEW_PRIVS)";
  case stub::Step::seccomp:
    return "unable to init seccomp";
  case stub::Step::wait:
    return "wait for start";
  case stub::Step::descriptors:
    return "error closing exec fds";
  case stub::Step::exec:
    return cat("exec ", process.args.front());
  }
  return "the last stage failed";
}

} // namespace

cgroups::Request cgroup_request(const Home& home, const std::string& id, const oci::Spec& spec) {
  cgroups::Request request;
  request.id = id;
  request.rootless = is_rootless(home);
  request.driver = home.systemd_cgroup ? cgroups::Driver::Systemd : cgroups::Driver::Cgroupfs;
  request.annotations = spec.annotations;
  request.subgroup = annotations::systemd_subgroup(spec.annotations);
  request.unified_subgroup = home.policy.systemd_subgroup;
  if (spec.linux_) {
    request.cgroups_path = spec.linux_->cgroups_path;
    if (spec.linux_->resources) request.resources = *spec.linux_->resources;
  }
  return request;
}

std::string stub_failure(const std::string& payload, const launch::ProcessPlan& process) {
  stub::FailedFrame frame{};
  constexpr size_t kSize = sizeof frame - sizeof frame.frame;
  if (payload.size() != kSize) return "the last stage failed";
  std::memcpy(&frame.step, payload.data(), sizeof frame.step);
  std::memcpy(&frame.code, payload.data() + sizeof frame.step, sizeof frame.code);
  return cat(sentence(frame.step, frame.code, process), ": ", errno_text(frame.code));
}

} // namespace skiff::names
