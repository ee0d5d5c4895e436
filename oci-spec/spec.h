// config.json of a bundle: runtime-spec v1.3.0, config.md.
// Absent is the zero value, unless the specification gives absence a meaning of its own; then it is std::optional.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oci-spec/hooks.h"
#include "oci-spec/json/indent.h"
#include "oci-spec/linux.h"

namespace oci {

inline constexpr std::string_view kSpecVersion = "1.3.0";

// config.md, "Root".
struct Root {
  std::string path; // absolute, or relative to the bundle
  bool readonly = false;
};

// config.md, "Mounts".
struct Mount {
  std::string destination;
  std::string type;
  std::string source;
  std::vector<std::string> options;
  std::vector<IdMapping> uid_mappings;
  std::vector<IdMapping> gid_mappings;
};

// config.md, "POSIX process", consoleSize. Characters.
struct ConsoleSize {
  uint32_t height = 0;
  uint32_t width = 0;
};

// config.md, "POSIX-platform User".
struct User {
  uint32_t uid = 0;
  uint32_t gid = 0;
  std::optional<uint32_t> umask;
  std::vector<uint32_t> additional_gids;
};

// config.md, "Linux Process", capabilities: five sets of "CAP_X" names.
struct Capabilities {
  std::vector<std::string> bounding;
  std::vector<std::string> effective;
  std::vector<std::string> inheritable;
  std::vector<std::string> permitted;
  std::vector<std::string> ambient;
};

// config.md, "POSIX process", rlimits.
struct Rlimit {
  std::string type; // "RLIMIT_NOFILE", ...
  uint64_t soft = 0;
  uint64_t hard = 0;
};

// config.md, "Linux Process", scheduler. See sched_setattr(2).
enum class SchedulerPolicy { other, fifo, rr, batch, iso, idle, deadline };
struct Scheduler {
  SchedulerPolicy policy = SchedulerPolicy::other;
  int32_t nice = 0;
  int32_t priority = 0;
  std::vector<std::string> flags;
  std::optional<uint64_t> runtime;  // ns
  std::optional<uint64_t> deadline; // ns
  std::optional<uint64_t> period;   // ns
};

// config.md, "Linux Process", ioPriority. See ioprio_set(2).
enum class IoPriorityClass { rt, be, idle };
struct IoPriority {
  IoPriorityClass io_class = IoPriorityClass::be;
  int32_t priority = 0;
};

// config.md, "Linux Process", execCPUAffinity: cpu lists, e.g. "0-3,7".
struct CpuAffinity {
  std::string initial;
  std::string final;
};

// config.md, "Process". Also the document that `exec --process` reads.
struct Process {
  bool terminal = false;
  std::optional<ConsoleSize> console_size;
  std::string cwd;
  std::vector<std::string> env;
  std::vector<std::string> args;
  User user;
  std::optional<Capabilities> capabilities; // absent: no capability at all
  std::vector<Rlimit> rlimits;
  bool no_new_privileges = false;
  std::string apparmor_profile;
  std::string selinux_label;
  std::optional<int> oom_score_adj;
  std::optional<Scheduler> scheduler;
  std::optional<IoPriority> io_priority;
  std::optional<CpuAffinity> exec_cpu_affinity;
};

struct Spec {
  std::string oci_version;
  std::optional<Root> root;
  std::vector<Mount> mounts;
  std::optional<Process> process; // may be absent until start
  std::string hostname;
  std::string domainname;
  std::optional<Hooks> hooks;
  std::optional<Linux> linux_;
  std::map<std::string, std::string> annotations;
};

// Parses a whole config.json. `file` names it in errors. Does not check rules beyond types: see validate.h.
// Throws SpecError.
Spec parse_spec(std::string_view json, std::string_view file);
// Parses the document of `exec --process`. Throws SpecError.
Process parse_process(std::string_view json, std::string_view file);
// Parses the document of `update --resources`. Throws SpecError.
Resources parse_resources(std::string_view json, std::string_view file);

// Writes the document with the keys in the order of the specification's Go types; absent fields are left out.
std::string to_json(const Spec& spec, Indent indent = Indent::tabs);
std::string to_json(const Process& process, Indent indent = Indent::none);
std::string to_json(const Resources& resources, Indent indent = Indent::none);

} // namespace oci
