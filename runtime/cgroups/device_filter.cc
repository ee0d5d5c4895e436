// Device rules: folding, v1 lines, and the program on its cgroup.
#include "runtime/cgroups/device_filter.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/sys/bpf.h"

namespace skiff::cgroups {

namespace {

std::string line(const DeviceException& device) {
  const auto number = [](int64_t value) { return value == kAnyNumber ? std::string("*") : cat(value); };
  return cat(device.type, ' ', number(device.major), ':', number(device.minor), ' ', access_text(device.access));
}

uint32_t parse_access(std::string_view text, size_t index) {
  if (text.empty()) throw Error(cat("device access at ", index, " field cannot be empty"));
  uint32_t out = 0;
  for (const char letter : text) {
    if (letter == 'r') {
      out |= BPF_DEVCG_ACC_READ;
    } else if (letter == 'w') {
      out |= BPF_DEVCG_ACC_WRITE;
    } else if (letter == 'm') {
      out |= BPF_DEVCG_ACC_MKNOD;
    }
  }
  // Other letters beside these mean nothing, as with runc.
  if (out == 0) throw Error(cat("unknown device access ", quote(text)));
  return out;
}

int64_t parse_device_number(const std::optional<int64_t>& value, std::string_view which) {
  if (!value || *value == kAnyNumber) return kAnyNumber;
  if (*value < 0 || *value > std::numeric_limits<uint32_t>::max()) throw Error(cat("invalid ", which, ' ', *value));
  return *value;
}

// The policy while rules are applied to it.
class Folder {
public:
  void reset(bool allow) { policy_ = {allow, {}}; }

  void apply(const DeviceException& device, bool allow) {
    if (allow != policy_.allow_by_default) return add(device);
    const std::string_view kind = allow ? "unable to remove 'deny' exception" : "unable to remove 'allow' exception";
    in([&] { return std::string(kind); }, [&] { remove(device); });
  }

  DevicePolicy take() { return std::move(policy_); }

private:
  DeviceException* find(char type, int64_t major, int64_t minor) {
    for (auto& entry : policy_.exceptions) {
      if (entry.type == type && entry.major == major && entry.minor == minor) return &entry;
    }
    return nullptr;
  }

  void add(const DeviceException& device) {
    if (auto* old = find(device.type, device.major, device.minor)) {
      old->access |= device.access;
    } else {
      policy_.exceptions.push_back(device);
    }
  }

  void remove(const DeviceException& device) {
    const std::array wider = {std::pair(kAnyNumber, device.minor), std::pair(device.major, kAnyNumber),
                              std::pair(kAnyNumber, kAnyNumber)};
    for (const auto& [major, minor] : wider) {
      if (major == device.major && minor == device.minor) continue;
      const auto* wildcard = find(device.type, major, minor);
      if (wildcard == nullptr || (wildcard->access & device.access) == 0) continue;
      throw Error(cat("requested rule [", line(device), "] not supported by devices cgroupv1 (cannot punch hole in ",
                      "existing wildcard rule [", line(*wildcard), "])"));
    }
    auto* old = find(device.type, device.major, device.minor);
    if (old == nullptr) return;
    old->access &= ~device.access;
    if (old->access == 0) policy_.exceptions.erase(policy_.exceptions.begin() + (old - policy_.exceptions.data()));
  }

  DevicePolicy policy_;
};

// Replaces the single program of before; where that cannot be, adds ours first, so that there is no moment without one.
void replace(sys::FdRef cgroup, const sys::BpfProgram& program) {
  const auto ids = sys::try_query_device_programs(cgroup).or_throw("bpf_prog_query(BPF_CGROUP_DEVICE) failed");
  std::vector<sys::BpfProgram> old;
  for (const uint32_t id : ids) {
    auto found = sys::try_bpf_program(id);
    // One that a security module hides from us can only restrict further.
    if (found) old.push_back(std::move(*found));
  }
  if (old.size() == 1 && sys::try_replace_device_program(cgroup, program, old.front())) return;
  sys::try_attach_device_program(cgroup, program)
      .or_throw("failed to call BPF_PROG_ATTACH (BPF_CGROUP_DEVICE, BPF_F_ALLOW_MULTI)");
  for (const auto& previous : old) {
    sys::try_detach_device_program(cgroup, previous)
        .or_throw("failed to call BPF_PROG_DETACH (BPF_CGROUP_DEVICE) on old filter program");
  }
}

} // namespace

std::string access_text(uint32_t access) {
  std::string out;
  if ((access & BPF_DEVCG_ACC_READ) != 0) out += 'r';
  if ((access & BPF_DEVCG_ACC_WRITE) != 0) out += 'w';
  if ((access & BPF_DEVCG_ACC_MKNOD) != 0) out += 'm';
  return out;
}

std::span<const oci::DeviceRule> default_device_rules() {
  static const std::array<oci::DeviceRule, 11> rules = {{
      {true, "c", std::nullopt, std::nullopt, "m"},
      {true, "b", std::nullopt, std::nullopt, "m"},
      {true, "c", 1, 3, "rwm"},              // null
      {true, "c", 1, 8, "rwm"},              // random
      {true, "c", 1, 7, "rwm"},              // full
      {true, "c", 5, 0, "rwm"},              // tty
      {true, "c", 1, 5, "rwm"},              // zero
      {true, "c", 1, 9, "rwm"},              // urandom
      {true, "c", 136, std::nullopt, "rwm"}, // pseudo-terminals
      {true, "c", 5, 2, "rwm"},              // ptmx
      {true, "c", 10, 200, "rwm"},           // net/tun
  }};
  return rules;
}

DevicePolicy fold(std::span<const oci::DeviceRule> rules) {
  Folder folder;
  for (size_t i = 0; i < rules.size(); ++i) {
    const auto& rule = rules[i];
    const uint32_t access = parse_access(rule.access, i);
    const std::string_view type = rule.type.empty() ? "a" : std::string_view(rule.type);
    if (type == "a") {
      folder.reset(rule.allow);
    } else if (type == "b" || type == "c") {
      folder.apply(
          {type.front(), parse_device_number(rule.major, "major"), parse_device_number(rule.minor, "minor"), access},
          rule.allow);
    } else {
      throw Error(cat("invalid cgroup device type ", quote(type)));
    }
  }
  return folder.take();
}

DevicePolicy container_policy(std::span<const oci::DeviceRule> rules) {
  std::vector<oci::DeviceRule> all(rules.begin(), rules.end());
  const auto defaults = default_device_rules();
  all.insert(all.end(), defaults.begin(), defaults.end());
  return fold(all);
}

Settings device_lines(const DevicePolicy& policy) {
  const std::string_view base = policy.allow_by_default ? "devices.allow" : "devices.deny";
  const std::string_view other = policy.allow_by_default ? "devices.deny" : "devices.allow";
  Settings out;
  out.push_back({std::string(base), "a *:* rwm"});
  for (const auto& device : policy.exceptions) out.push_back({std::string(other), line(device)});
  return out;
}

Settings device_changes(const DevicePolicy& before, const DevicePolicy& after) {
  if (before.allow_by_default != after.allow_by_default) return device_lines(after);
  // "Deny what was allowed" and its contrary are lines of exceptions, access by access.
  const auto lines_of = [](const DevicePolicy& from, const DevicePolicy& without, std::string_view file) {
    Settings out;
    for (auto device : from.exceptions) {
      for (const auto& other : without.exceptions) {
        if (other.type == device.type && other.major == device.major && other.minor == device.minor) {
          device.access &= ~other.access;
        }
      }
      if (device.access != 0) out.push_back({std::string(file), line(device)});
    }
    return out;
  };
  const bool allowing = after.allow_by_default;
  Settings out = lines_of(before, after, allowing ? "devices.allow" : "devices.deny");
  const Settings added = lines_of(after, before, allowing ? "devices.deny" : "devices.allow");
  out.insert(out.end(), added.begin(), added.end());
  return out;
}

void attach_device_filter(sys::FdRef cgroup, const DevicePolicy& policy, Programs programs) {
  if (policy.allows_all() && programs == Programs::None) return;
  const auto instructions = device_program(policy);
  auto program = sys::try_load_device_program(instructions);
  if (!program && program.error() == EPERM) {
    sys::raise_memlock_limit();
    program = sys::try_load_device_program(instructions);
  }
  const auto loaded = std::move(program).or_throw("failed to load the device filter: bpf(BPF_PROG_LOAD)");
  if (programs == Programs::Perhaps) return replace(cgroup, loaded);
  sys::try_attach_device_program(cgroup, loaded)
      .or_throw("failed to call BPF_PROG_ATTACH (BPF_CGROUP_DEVICE, BPF_F_ALLOW_MULTI)");
}

} // namespace skiff::cgroups
