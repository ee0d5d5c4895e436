// Global options: their table, and what follows from their values.
#include "runtime/cli/globals.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "runtime/base/text.h"
#include "runtime/cli/paths.h"
#include "runtime/log/log.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"

namespace skiff::cli {

namespace {

std::string_view environment(const char* name) {
  const char* const value = ::getenv(name); // NOLINT(concurrency-mt-unsafe): there is one thread (D11)
  return value == nullptr ? std::string_view() : value;
}

// runc's rule: the host's root keeps to /run, whatever its environment says; "root" in a user namespace is taken for
// the host's, too, when $USER says so.
bool honors_runtime_dir() {
  if (::geteuid() != 0) return true;
  return sys::in_user_namespace() && environment("USER") != "root";
}

Rootless parse_rootless(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (lower.empty() || lower == "auto") return Rootless::automatic;
  const std::optional<bool> answer = parse_bool(text);
  if (!answer) throw Error(cat("strconv.ParseBool: parsing ", quote(text), ": invalid syntax"));
  return *answer ? Rootless::yes : Rootless::no;
}

// The sticky bit keeps it from being pruned with the rest of the directory (XDG Base Directory Specification).
void make_root_in_runtime_dir(const std::string& path) {
  in([] { return "the path in $XDG_RUNTIME_DIR must be writable by the user"; }, [&] { sys::make_dirs(path, 0700); });
  if (::chmod(path.c_str(), S_ISVTX | 0700) != 0) {
    throw Error(errno, cat("you should check permission of the path in $XDG_RUNTIME_DIR: chmod ", path));
  }
}

std::string given_root(std::string_view text) {
  std::string root = absolute(text);
  if (root == "/") throw Error("Option --root argument should not be set to /");
  return root;
}

log::Level parse_level(std::string_view text) {
  if (text == "error") return log::Level::error;
  if (text == "warning") return log::Level::warn;
  if (text == "debug") return log::Level::debug;
  throw Error(cat("unknown verbosity `", text, "` specified"));
}

// runc has only files. Of crun's spellings those are taken that name its three backends.
void choose_log(std::string_view text, LogNames names, log::Target& target) {
  const size_t colon = text.find(':');
  const std::string_view backend = colon == std::string_view::npos ? std::string_view() : text.substr(0, colon);
  const std::string rest(text.substr(backend.empty() ? 0 : colon + 1));
  target.file = std::string(text);
  if (backend == "file") {
    target.file = rest;
  } else if (backend == "syslog" || backend == "journald") {
    target.backend = backend == "syslog" ? log::Backend::syslog : log::Backend::journald;
    target.identifier = rest;
  } else if (names == LogNames::needs_backend && colon != std::string_view::npos) {
    throw Error(cat("unknown log type `", text, '`'));
  }
}

void open_log(const Globals& globals, const Persona& persona) {
  log::Target target;
  choose_log(globals.log, persona.log_names, target);
  target.threshold = globals.log_level.empty() ? persona.threshold : parse_level(globals.log_level);
  if (globals.debug) target.threshold = log::Level::debug;
  if (globals.log_format == "json")
    target.format = log::Format::json;
  else if (!globals.log_format.empty() && globals.log_format != "text") {
    throw Error(cat("invalid log-format: ", globals.log_format));
  }
  log::open(target);
}

// crun's option, which Podman gives, says more than runc's.
void choose_manager(const Globals& globals, Home& home) {
  const std::string& manager = globals.cgroup_manager;
  home.systemd_cgroup = globals.systemd_cgroup;
  if (manager.empty()) return;
  if (manager != "cgroupfs" && manager != "systemd" && manager != "disabled") {
    throw Error("unknown cgroup manager specified");
  }
  home.systemd_cgroup = manager == "systemd";
  home.without_cgroup = manager == "disabled";
}

} // namespace

DefaultRoot default_root() {
  const std::string_view runtime_dir = environment("XDG_RUNTIME_DIR");
  if (!runtime_dir.empty() && honors_runtime_dir()) return {cat(runtime_dir, "/skiff"), true};
  return {"/run/skiff", false};
}

std::vector<Option> global_options(Globals& globals, const DefaultRoot& root) {
  return {
      {"debug", '\0', &globals.debug, "log what is done, step by step"},
      {"log", '\0', &globals.log,
       "append the log to this file instead of standard error; or file:PATH, syslog:NAME, journald:ID"},
      {"log-format", '\0', &globals.log_format, "form of the log: text or json", "text"},
      {"log-level", '\0', &globals.log_level, "what is logged: error, warning or debug"},
      {"root", '\0', &globals.root, "directory that holds the containers' state, best on a tmpfs", root.path},
      {"systemd-cgroup", '\0', &globals.systemd_cgroup,
       "let systemd make the cgroup; cgroupsPath then reads slice:prefix:name"},
      {"cgroup-manager", '\0', &globals.cgroup_manager, "who makes the cgroup: cgroupfs, systemd or disabled (none)"},
      {"rootless", '\0', &globals.rootless, "go on without rights to cgroups: true, false or auto", "auto"},
  };
}

Home settle(const Globals& globals, const DefaultRoot& root, const Persona& persona) {
  if (!globals.root && root.in_runtime_dir) make_root_in_runtime_dir(root.path);
  Home home;
  home.root_given = globals.root.has_value();
  home.root = globals.root ? given_root(*globals.root) : root.path;
  home.shared = root.path;
  open_log(globals, persona);
  home.policy = persona.policy;
  choose_manager(globals, home);
  home.rootless = parse_rootless(globals.rootless);
  return home;
}

} // namespace skiff::cli
