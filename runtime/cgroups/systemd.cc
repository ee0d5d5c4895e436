// Scopes.
#include "runtime/cgroups/systemd.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <optional>

#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/cgroups/layout.h"
#include "runtime/cgroups/tree.h"
#include "runtime/sys/file.h"

namespace skiff::cgroups {

namespace {

constexpr int kJobTimeoutMs = 30000; // as runc's
constexpr int kOomPolicySince = 253; // of scopes

BusValue property_list(const Properties& properties) {
  BusValue::Parts parts;
  for (const auto& property : properties)
    parts.push_back(BusValue::structure({BusValue::text(property.name), BusValue::variant(property.value)}));
  return BusValue::array("(sv)", std::move(parts));
}

// "257.9-1~deb13u1" or "v252".
int version_number(std::string_view text) {
  if (text.starts_with('v')) text.remove_prefix(1);
  size_t size = 0;
  while (size < text.size() && text[size] >= '0' && text[size] <= '9') ++size;
  return parse_number<int>(text.substr(0, size)).value_or(0);
}

// A process that does nothing and dies with us.
[[noreturn]] void hold_the_place(int parent) {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::getppid() != parent) ::_exit(1);
  for (;;) ::pause();
}

// "/" of the scope's own cgroup, else the path of one below it.
std::string path_in_scope(const Place& place) {
  const std::string path = place.unified.substr(scope_directory(place, place.unified).size());
  return path.empty() ? "/" : path;
}

void reset_failed(Bus& bus, const std::string& unit) {
  const BusValue arguments[] = {BusValue::text(unit)};
  (void)bus.call("ResetFailedUnit", arguments);
}

// Returns when the unit is not there any more.
void stop(Bus& bus, const std::string& unit) {
  const BusValue arguments[] = {BusValue::text(unit), BusValue::text("replace")};
  bus.watch_jobs_of(unit);
  const BusReply job = bus.call("StopUnit", arguments);
  if (job.failed_with(kNoSuchUnit)) return;
  if (bus.wait_for_job(job.or_throw(cat("unable to stop unit ", quote(unit))), kJobTimeoutMs).empty())
    throw Error(cat("Timed out while waiting for systemd to remove ", unit));
  reset_failed(bus, unit);
}

} // namespace

void require_systemd() {
  auto folder = sys::try_stat(sys::FdRef(sys::kCwd), "/run/systemd/system", AT_SYMLINK_NOFOLLOW);
  if (folder && S_ISDIR(folder->st_mode)) return;
  throw Error("systemd not running on this host, cannot use systemd cgroups manager");
}

NewScope::NewScope(Unit unit, Systemd systemd, std::string_view id, SystemdLayout layout, const Properties& properties,
                   const std::map<std::string, std::string>& unified)
    : unit_(std::move(unit)), bus_(systemd) {
  Properties all = properties;
  if (unified.contains("memory.oom.group") && version_number(bus_.property("Version")) >= kOomPolicySince) {
    for (auto& property : oom_properties(unified)) all.push_back(std::move(property));
  }
  const int self = ::getpid();
  placeholder_ = sys::try_clone({}).or_throw("clone");
  if (placeholder_.pid == 0) hold_the_place(self);
  try {
    start(id, layout, all);
  } catch (Error& error) {
    end_placeholder();
    throw error.within(cat("unable to start unit ", quote(unit_.name)));
  }
}

NewScope::~NewScope() {
  if (placeholder_.pid == 0) return;
  end_placeholder();
  try {
    stop(bus_, unit_.name);
  } catch (const Error&) {
    // Empty as it is, systemd removes it anyway.
  }
}

void NewScope::start(std::string_view id, SystemdLayout layout, const Properties& properties) {
  Properties all = scope_properties(unit_, id, placeholder_.pid, layout);
  all.insert(all.end(), properties.begin(), properties.end());
  const BusValue arguments[] = {BusValue::text(unit_.name), BusValue::text("replace"), property_list(all),
                                BusValue::array("(sa(sv))", {})};
  bus_.watch_jobs_of(unit_.name);
  BusReply job = bus_.call("StartTransientUnit", arguments);
  if (job.failed_with(kUnitExists)) {
    // One that has failed stays until somebody has seen it.
    reset_failed(bus_, unit_.name);
    job = bus_.call("StartTransientUnit", arguments);
  }
  const std::string result = bus_.wait_for_job(job.or_throw("StartTransientUnit"), kJobTimeoutMs);
  if (result == "done") return;
  reset_failed(bus_, unit_.name);
  if (result.empty()) throw Error(cat("Timeout waiting for systemd to create ", unit_.name));
  throw Error(cat("error creating systemd unit `", unit_.name, "`: got `", result, '`'));
}

void NewScope::end_placeholder() noexcept {
  (void)placeholder_.pidfd.try_signal(SIGKILL);
  (void)placeholder_.pidfd.try_wait();
  placeholder_ = {};
}

std::string NewScope::path_in_unified() const {
  for (auto& member : parse_proc_cgroup(sys::read_file(cat("/proc/", placeholder_.pid, "/cgroup")))) {
    // Where systemd keeps to version 1, it is still the runtime's own in cgroup2.
    if (member.name.empty() && member.path.ends_with(unit_.name)) return std::move(member.path);
  }
  return {};
}

void NewScope::move_placeholder(const std::string& directory) const {
  write(directory, "cgroup.procs", cat(placeholder_.pid));
}

void NewScope::hand_over() {
  end_placeholder();
}

void set_scope_properties(const Place& place, const Properties& properties) {
  if (properties.empty()) return;
  const BusValue arguments[] = {BusValue::text(place.unit), BusValue::boolean(true), property_list(properties)};
  (void)Bus(systemd_of(place)).call("SetUnitProperties", arguments).or_throw("unable to set unit properties");
}

void attach_to_scope(const Place& place, int pid) {
  BusValue::Parts pids;
  pids.push_back(BusValue::u32(static_cast<uint32_t>(pid)));
  const BusValue arguments[] = {BusValue::text(place.unit), BusValue::text(path_in_scope(place)),
                                BusValue::array("u", std::move(pids))};
  (void)Bus(systemd_of(place))
      .call("AttachProcessesToUnit", arguments)
      .or_throw(cat("unable to attach process ", pid, " to unit ", quote(place.unit)));
}

std::string scope_directory(const Place& place, const std::string& directory) {
  const std::string scope = cat('/', place.unit);
  for (size_t at = directory.find(scope); at != std::string::npos; at = directory.find(scope, at + 1)) {
    const size_t end = at + scope.size();
    if (end == directory.size() || directory[end] == '/') return directory.substr(0, end);
  }
  return directory;
}

void stop_scope(const Place& place) {
  Bus bus(systemd_of(place));
  stop(bus, place.unit);
}

} // namespace skiff::cgroups
