// The rules for the document as a whole: version, root, mounts, hooks. config.md.
#include "oci-spec/validate.h"

#include <algorithm>
#include <array>

#include "oci-spec/validate_rules.h"

namespace oci {

using skiff::cat;
using skiff::quote;

namespace {

// Letters, digits and dashes, in parts between dots; none empty.
bool is_semver_suffix(std::string_view text) {
  const auto allowed = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  };
  return std::ranges::all_of(skiff::split(text, '.'), [&](std::string_view part) {
    return !part.empty() && std::ranges::all_of(part, allowed);
  });
}

// SemVer 2.0.0 with the major number 1: 1.0.2-dev, 1.3.0+dev.
bool is_supported_version(std::string_view version) {
  const size_t plus = version.find('+');
  if (plus != std::string_view::npos && !is_semver_suffix(version.substr(plus + 1))) return false;
  const std::string_view before_build = version.substr(0, plus);
  const size_t dash = before_build.find('-');
  if (dash != std::string_view::npos && !is_semver_suffix(before_build.substr(dash + 1))) return false;
  const std::vector<std::string_view> numbers = skiff::split(before_build.substr(0, dash), '.');
  const auto is_number = [](std::string_view text) {
    return skiff::parse_number<uint32_t>(text).has_value() && (text == "0" || text.front() != '0');
  };
  return numbers.size() == 3 && numbers.front() == "1" && std::ranges::all_of(numbers, is_number);
}

bool is_bind(const Mount& mount) {
  return std::ranges::any_of(mount.options,
                             [](std::string_view option) { return option == "bind" || option == "rbind"; });
}

void check_mounts(const Rules& rules, const Spec& spec) {
  for (size_t i = 0; i < spec.mounts.size(); ++i) {
    const Mount& mount = spec.mounts[i];
    const std::string path = cat("mounts[", i, ']');
    // A relative destination is deprecated, but runc takes it as relative to "/", so engines may still write it.
    if (mount.destination.empty()) rules.fail(cat(path, ".destination"), "expected a path, found an empty string");
    if (mount.uid_mappings.empty() && mount.gid_mappings.empty()) continue;
    if (!is_bind(mount)) rules.fail(path, "id-mapped mounts are only supported for bind-mounts");
    if (mount.uid_mappings.empty() || mount.gid_mappings.empty()) {
      rules.fail(path, "id-mapped mounts must have both uid and gid mappings specified");
    }
    check_mappings(rules, mount.uid_mappings, cat(path, ".uidMappings"));
    check_mappings(rules, mount.gid_mappings, cat(path, ".gidMappings"));
  }
}

void check_hooks(const Rules& rules, const Hooks& hooks) {
  struct Moment {
    std::string_view name;
    const std::vector<Hook>& hooks;
  };
  const std::array<Moment, 6> moments = {{
      {"prestart", hooks.prestart},
      {"createRuntime", hooks.create_runtime},
      {"createContainer", hooks.create_container},
      {"startContainer", hooks.start_container},
      {"poststart", hooks.poststart},
      {"poststop", hooks.poststop},
  }};
  for (const Moment& moment : moments) {
    for (size_t i = 0; i < moment.hooks.size(); ++i) {
      const Hook& hook = moment.hooks[i];
      const std::string path = cat("hooks.", moment.name, '[', i, ']');
      if (!hook.path.starts_with('/')) {
        rules.fail(cat(path, ".path"), cat("expected an absolute path, found ", quote(hook.path)));
      }
      if (hook.timeout && *hook.timeout <= 0) {
        rules.fail(cat(path, ".timeout"), cat("expected a number of seconds greater than 0, found ", *hook.timeout));
      }
    }
  }
}

// Without a UTS namespace of the container's own, the host would be renamed.
void check_uts(const Rules& rules, const Spec& spec) {
  if (spec.linux_ && find_namespace(*spec.linux_, NamespaceType::uts)) return;
  if (!spec.hostname.empty()) rules.fail("hostname", "unable to set hostname without a private UTS namespace");
  if (!spec.domainname.empty()) rules.fail("domainname", "unable to set domainname without a private UTS namespace");
}

// One of the two would be lost. crun's rule; runc has none.
void check_domainname(const Rules& rules, const Spec& spec) {
  if (spec.domainname.empty() || !spec.linux_) return;
  const auto found = spec.linux_->sysctl.find("kernel.domainname");
  if (found != spec.linux_->sysctl.end() && found->second != spec.domainname)
    rules.fail("domainname", "conflicts with the sysctl \"kernel.domainname\"");
}

} // namespace

const Namespace* find_namespace(const Linux& linux_part, NamespaceType type) {
  const auto found = std::ranges::find(linux_part.namespaces, type, &Namespace::type);
  return found == linux_part.namespaces.end() ? nullptr : &*found;
}

void validate(const Spec& spec, std::string_view file) {
  const Rules rules(file);
  if (!is_supported_version(spec.oci_version)) {
    rules.fail("ociVersion",
               cat("expected a version 1.x.y of the specification (SemVer 2.0.0), found ", quote(spec.oci_version)));
  }
  if (spec.process) check_process(rules, *spec.process, "process");
  if (!spec.root) rules.fail("root", "root must be specified");
  if (spec.root->path.empty()) rules.fail("root.path", "expected a path, found an empty string");
  check_mounts(rules, spec);
  if (spec.linux_) check_linux(rules, *spec.linux_);
  check_uts(rules, spec);
  check_domainname(rules, spec);
  if (spec.hooks) check_hooks(rules, *spec.hooks);
}

void validate(const Process& process, std::string_view file) {
  check_process(Rules(file), process, "");
}

} // namespace oci
