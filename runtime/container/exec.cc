#include "runtime/container/exec.h"

#include <fcntl.h>
#include <signal.h>

#include "oci-spec/error.h"
#include "runtime/base/scope.h"
#include "runtime/base/text.h"
#include "runtime/cgroups/layout.h"
#include "runtime/cgroups/sub_place.h"
#include "runtime/container/annotations.h"
#include "runtime/container/console.h"
#include "runtime/container/container.h"
#include "runtime/container/conversation.h"
#include "runtime/container/foreground.h"
#include "runtime/container/idle_labels.h"
#include "runtime/container/inherited.h"
#include "runtime/container/names.h"
#include "runtime/container/seccomp_agent.h"
#include "runtime/container/tracers.h"
#include "runtime/launch/affinity.h"
#include "runtime/launch/rlimits.h"
#include "runtime/launch/spawn_exec.h"
#include "runtime/log/log.h"
#include "runtime/security/exe_guard.h"
#include "runtime/sys/file.h"

namespace skiff {

namespace {

constexpr sys::FdRef kHere(sys::kCwd);

// One `exec`, step by step.
class Execution {
public:
  Execution(const Home& home, const ExecOptions& options)
      : home_(home), options_(options), fds_(preserved_fds(options.preserve_fds, home.policy)) {}
  int run();

private:
  void open_container();
  void refuse_status(oci::Status status) const;
  void make_plan();
  void spawn();
  launch::Spawned clone(const std::vector<sys::FdRef>& births);
  void enter_cgroup();
  std::optional<sys::Fd> cgroup_of_init() const;
  void set_final_affinity() const;
  void converse();
  void handle(launch::Message& message);
  void serve_listener(const launch::Message& message);

  const Home& home_;
  const ExecOptions& options_;
  InheritedFds fds_;
  Record record_;
  oci::Spec spec_;
  oci::Process process_;
  cgroups::SubPaths sub_paths_;
  std::unique_ptr<cgroups::Manager> cgroup_;
  std::optional<launch::CpuSet> initial_cpus_, final_cpus_;
  launch::ExecPlan plan_;
  launch::ExecShape shape_ = launch::ExecShape::direct;
  HandoverSocket console_socket_, pidfd_socket_;
  std::optional<Signals> signals_;
  launch::Spawned child_;
  sys::Fd console_;
  Go go_ = Go::to_send;
  bool ready_ = false;
};

void Execution::refuse_status(oci::Status status) const {
  switch (status) {
  case oci::Status::stopped:
    throw Error("cannot exec in a stopped container");
  case oci::Status::paused:
    if (options_.ignore_paused) return;
    throw Error("cannot exec in a paused container (use --ignore-paused to override)");
  case oci::Status::creating:
    throw Error("cannot exec in a container that is still being created");
  default:
    return;
  }
}

void Execution::open_container() {
  const Container container = Container::open(home_, options_.id);
  refuse_status(container.status());
  record_ = container.record();
  const sys::FdRef dir = container.dir().fd();
  try {
    spec_ = oci::parse_spec(sys::try_read_file(dir, names::kConfig).or_throw("read the container's configuration"),
                            names::kConfig);
  } catch (const oci::SpecError& error) {
    throw Error(error.what());
  }
  if (!spec_.process) spec_.process = process_without_program();
  annotations::set_receiver(spec_);
  if (may_be_traced(container, *spec_.process)) { // I1
    security::run_from_sealed_copy();             // before stdin or a pipe may be read, for --process
    shape_ = launch::ExecShape::staged;
  }
  process_ = exec_process(*spec_.process, options_, home_.policy);
  if (home_.policy.ignores_idle_labels) drop_idle_labels(process_);
  announce_tracer(home_, container, process_);
  make_plan();
}

void Execution::make_plan() {
  check_console(process_.terminal, options_.detach ? Detached::yes : Detached::no, options_.console_socket);
  console_socket_ = HandoverSocket(options_.console_socket);
  pidfd_socket_ = HandoverSocket(options_.pidfd_socket);
  sub_paths_ = cgroups::parse_sub_paths(options_.cgroups);
  if (process_.exec_cpu_affinity) {
    initial_cpus_ = launch::parse_cpus(process_.exec_cpu_affinity->initial);
    final_cpus_ = launch::parse_cpus(process_.exec_cpu_affinity->final);
  }
  Result<sys::PidFd> init = living_init(record_);
  if (!init) refuse_status(oci::Status::stopped);
  plan_ =
      launch::plan_exec(spec_, process_, std::move(*init),
                        {.id = record_.id,
                         .rootfs = record_.rootfs,
                         .init_pid = record_.init.pid,
                         .new_keyring = record_.new_keyring,
                         .preserve_fds = fds_.count,
                         .listens_always = home_.policy.listens_always,
                         .seccomp_cache = home_.shared.empty() ? std::string() : cat(home_.shared, "/.cache/seccomp")});
  plan_.process.says_executable_file = home_.policy.says_executable_file;
  if (home_.policy.gives_group_of_stdio) plan_.process.stdio_group = plan_.process.gid;
}

// cgroup2 alone: where init has gone since, or was put by a manager inside.
std::optional<sys::Fd> Execution::cgroup_of_init() const {
  if (!sub_paths_.empty() || !record_.cgroup.legacy.empty()) return std::nullopt;
  Result<std::string> text = sys::try_read_file(kHere, cat("/proc/", record_.init.pid, "/cgroup").c_str());
  if (!text) return std::nullopt;
  for (const cgroups::Membership& membership : cgroups::parse_proc_cgroup(*text)) {
    if (!membership.name.empty()) continue;
    const std::string path = cat(cgroups::kMountPoint, membership.path);
    if (Result<sys::Fd> fd = sys::try_open(kHere, path.c_str(), O_PATH | O_DIRECTORY)) return std::move(*fd);
  }
  return std::nullopt;
}

launch::Spawned Execution::clone(const std::vector<sys::FdRef>& births) {
  const std::optional<launch::CpuSet> before =
      initial_cpus_ ? std::optional(launch::try_affinity(0).or_throw("sched_getaffinity")) : std::nullopt;
  if (initial_cpus_) {
    launch::try_set_affinity(0, *initial_cpus_).or_throw("error setting initial CPU affinity");
    log::debug(cat("nsexec: affinity: ", launch::to_hex(*initial_cpus_)));
  }
  const Scope restore([&] {
    if (before) (void)launch::try_set_affinity(0, *before);
  });
  return launch::spawn_exec(plan_, {.cgroups = births, .shape = shape_});
}

void Execution::spawn() {
  const cgroups::Place place = cgroups::sub_place(record_.cgroup, sub_paths_);
  cgroup_ = cgroups::open(place);
  std::vector<sys::FdRef> births;
  std::optional<sys::Fd> fallback;
  try {
    if (const std::optional<sys::FdRef> birth = cgroup_->birth_place()) births.push_back(*birth);
  } catch (const Error& error) {
    fallback = cgroup_of_init();
    if (!fallback && place.legacy.empty() && !is_rootless(home_)) throw Error(cat("can't open cgroup: ", error.what()));
  }
  if (!fallback && !births.empty()) fallback = cgroup_of_init();
  if (fallback) births.push_back(*fallback);
  try {
    child_ = clone(births);
  } catch (Error& error) {
    if (!living_init(record_)) refuse_status(oci::Status::stopped); // it died since
    if (!place.unified.empty() && (error.code() == EBUSY || error.code() == EOPNOTSUPP))
      throw error.within("error adding pid 0 to cgroups");
    throw;
  }
}

void Execution::enter_cgroup() {
  try {
    cgroup_->join(child_.pid, cgroups::Born::InPlace);
  } catch (Error& error) {
    if (!is_rootless(home_)) throw error.within(cat("error adding pid ", child_.pid, " to cgroups"));
  }
  set_final_affinity();
  launch::set_rlimits(child_.pid, plan_.process.rlimits, launch::Which::raising);
  if (process_.oom_score_adj)
    sys::write_file(cat("/proc/", child_.pid, "/oom_score_adj"), cat(*process_.oom_score_adj));
  const bool is_asked = process_.terminal || (plan_.process.seccomp && plan_.process.seccomp->notifies);
  if (is_asked || pidfd_socket_) return;
  child_.channel.send_go_ahead();
  go_ = Go::sent;
}

// After the cgroup is joined, whose cpuset limits it. Without a wish of anybody's the runtime's own must not be
// inherited.
void Execution::set_final_affinity() const {
  if (final_cpus_)
    return launch::try_set_affinity(child_.pid, *final_cpus_).or_throw("error setting final CPU affinity");
  if (initial_cpus_) return;
  if (!launch::try_set_affinity(child_.pid, launch::all_cpus()))
    log::warn(cat("resetting the CPU affinity of pid ", child_.pid,
                  " failed -- the container process may inherit the runtime's CPU affinity"));
}

void Execution::serve_listener(const launch::Message& message) {
  send_to_agent(*spec_.linux_->seccomp, state_of(record_, oci::Status::running, record_.init.pid), child_.pid,
                take_listener(child_, message), home_.policy.agent_version);
  child_.channel.send_go();
}

void Execution::handle(launch::Message& message) {
  constexpr const char* kBroken = "the process broke the protocol"; // I11
  switch (message.kind) {
  case launch::Kind::log:
    log::debug(message.payload);
    break;
  case launch::Kind::listener:
    if (!plan_.process.seccomp || !plan_.process.seccomp->notifies) throw Error(kBroken);
    serve_listener(message);
    break;
  case launch::Kind::console:
    if (!plan_.process.terminal) throw Error(kBroken);
    if (console_socket_) {
      console_socket_.send("/dev/ptmx", message.cargo);
    } else {
      console_ = std::move(message.cargo);
    }
    break;
  case launch::Kind::ready:
    ready_ = true;
    break;
  case launch::Kind::failed:
    if (message.from_stub) throw Error(names::stub_failure(message.payload, plan_.process));
    if (!message.payload.empty()) throw Error(message.payload);
    if (!living_init(record_)) refuse_status(oci::Status::stopped);
    throw Error("the process was killed before it was ready");
  default:
    throw Error(kBroken);
  }
}

void Execution::converse() {
  while (!ready_) {
    launch::Message message = child_.channel.receive();
    handle(message);
  }
  if (pidfd_socket_) pidfd_socket_.send("pidfd", child_.pidfd);
}

int Execution::run() {
  open_container(); // I9: its directory is closed again before the clone
  log::debug(cat("nsexec container setup: namespaces of pid ", record_.init.pid));
  if (!options_.detach) signals_.emplace(); // from here on they wait for the process
  Scope kill([&] {
    if (!child_.pidfd) return;
    (void)child_.pidfd.try_signal(SIGKILL);
    (void)child_.pidfd.try_wait();
  });
  std::optional<TerminalRelay> terminal;
  in([] { return "unable to start container process"; },
     [&] {
       spawn();
       log::debug(cat("child process in init(): pid ", child_.pid));
       enter_cgroup();
       converse();
       if (console_) terminal.emplace(std::move(console_));
       log::debug("setns_init: about to exec");
       start_program(child_, plan_.process, go_);
     });
  if (!options_.pid_file.empty()) sys::atomic_replace(options_.pid_file, cat(child_.pid), 0644);
  kill.dismiss();
  if (options_.detach) return 0;
  return wait_in_foreground(child_.pidfd, *signals_, terminal ? &*terminal : nullptr, nullptr, child_.pid).shell_code();
}

} // namespace

int exec(const Home& home, const ExecOptions& options) {
  return Execution(home, options).run();
}

} // namespace skiff
