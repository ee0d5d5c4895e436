#include "runtime/container/annotations.h"

#include <fcntl.h>
#include <stdlib.h>

#include <algorithm>
#include <array>

#include "runtime/base/text.h"
#include "runtime/security/seccomp.h"
#include "runtime/sys/file.h"
#include "runtime/sys/path.h"

namespace skiff::annotations {

namespace {

// Null where it is not there.
const std::string* find(const Annotations& annotations, const char* name) {
  const auto found = annotations.find(name);
  return found == annotations.end() ? nullptr : &found->second;
}

std::string relative_path(const char* name, const std::string& path) {
  const auto parts = split(path, '/');
  if (std::ranges::find(parts, "..") != parts.end())
    throw Error(cat("annotation ", name, ": invalid `..` component in ", quote(path)));
  const std::string clean = sys::clean_path(cat('/', path));
  return clean.substr(1);
}

sys::Fd open_to_append(const std::string* path) {
  if (path == nullptr) return {};
  return sys::open(*path, O_WRONLY | O_APPEND | O_CREAT, 0700);
}

} // namespace

void set_receiver(oci::Spec& spec) {
  if (!spec.linux_ || !spec.linux_->seccomp || !spec.linux_->seccomp->listener_path.empty()) return;
  const char* source = "annotation run.oci.seccomp.receiver";
  std::string path;
  if (const std::string* annotated = find(spec.annotations, "run.oci.seccomp.receiver")) {
    path = *annotated;
  } else if (const char* variable = ::getenv("RUN_OCI_SECCOMP_RECEIVER")) {
    source = "RUN_OCI_SECCOMP_RECEIVER";
    path = variable;
  } else {
    return;
  }
  if (!path.starts_with('/')) throw Error(cat(source, ": ", quote(path), " is not an absolute path"));
  spec.linux_->seccomp->listener_path = path;
}

void apply(oci::Spec& spec) {
  if (!spec.linux_ || !spec.linux_->seccomp) return;
  set_receiver(spec);
  oci::Seccomp& profile = *spec.linux_->seccomp;
  if (find(spec.annotations, "run.oci.seccomp_fail_unknown_syscall") == nullptr) return;
  const std::vector<std::string> unknown = security::unknown_syscalls(profile);
  if (!unknown.empty()) throw Error(cat("invalid seccomp syscall ", quote(unknown.front())));
}

void apply(const Annotations& annotations, launch::InitPlan& plan) {
  const std::string* keep = find(annotations, "run.oci.keep_original_groups");
  plan.process.keep_groups = keep != nullptr && *keep != "0";
  if (const std::string* type = find(annotations, "run.oci.mount_context_type")) {
    static constexpr std::array<std::string_view, 4> kTypes{"context", "defcontext", "fscontext", "rootcontext"};
    if (std::ranges::find(kTypes, *type) == kTypes.end())
      throw Error(cat("annotation run.oci.mount_context_type: unknown context type ", quote(*type)));
    plan.mount_label.type = *type;
  }
  HookFiles files = open_hook_files(annotations);
  plan.hook_stdout = std::move(files.out);
  plan.hook_stderr = std::move(files.err);
}

std::optional<std::string> systemd_subgroup(const Annotations& annotations) {
  constexpr const char* kName = "run.oci.systemd.subgroup";
  const std::string* path = find(annotations, kName);
  if (path == nullptr) return std::nullopt;
  return relative_path(kName, *path);
}

std::string delegate_cgroup(const Annotations& annotations) {
  constexpr const char* kName = "run.oci.delegate-cgroup";
  const std::string* path = find(annotations, kName);
  return path == nullptr ? std::string() : relative_path(kName, *path);
}

std::string pidfd_receiver(const Annotations& annotations) {
  const std::string* path = find(annotations, "run.oci.pidfd_receiver");
  return path == nullptr ? std::string() : *path;
}

HookFiles open_hook_files(const Annotations& annotations) {
  return {open_to_append(find(annotations, "run.oci.hooks.stdout")),
          open_to_append(find(annotations, "run.oci.hooks.stderr"))};
}

} // namespace skiff::annotations
