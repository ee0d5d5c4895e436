#include "runtime/container/creation.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>

#include "hooks/run.h"
#include "oci-spec/error.h"
#include "oci-spec/validate.h"
#include "runtime/base/scope.h"
#include "runtime/base/text.h"
#include "runtime/cgroups/delegate.h"
#include "runtime/container/annotations.h"
#include "runtime/container/bundle.h"
#include "runtime/container/console.h"
#include "runtime/container/conversation.h"
#include "runtime/container/crun_status.h"
#include "runtime/container/exec.h"
#include "runtime/container/idle_labels.h"
#include "runtime/container/inherited.h"
#include "runtime/container/names.h"
#include "runtime/container/notify.h"
#include "runtime/container/seccomp_agent.h"
#include "runtime/container/tracers.h"
#include "runtime/launch/affinity.h"
#include "runtime/launch/bind.h"
#include "runtime/launch/idmap.h"
#include "runtime/launch/mount_namespace.h"
#include "runtime/launch/net_devices.h"
#include "runtime/launch/rlimits.h"
#include "runtime/log/log.h"
#include "runtime/security/exe_guard.h"
#include "runtime/sys/file.h"
#include "runtime/sys/mount.h"
#include "runtime/sys/path.h"

namespace skiff {

namespace {

void refuse_unknown_capabilities(const oci::Process& process) {
  if (!process.capabilities) return;
  std::vector<std::string> unknown;
  (void)security::resolve(*process.capabilities, unknown);
  if (!unknown.empty()) throw Error(cat("unknown capability `", unknown.front(), '`'));
}

// I1: in a pid namespace that others share, one of them may hold CAP_SYS_PTRACE over init, unless a user namespace of
// the container's is in between. Not so in the runtime's own: there such a process has the runtime itself before it,
// and the engine, so that hiding init's image would win nothing.
bool ptrace_may_reach_init(const oci::Spec& spec) {
  bool shared_pids = false, own_users = false;
  for (const oci::Namespace& ns : spec.linux_ ? spec.linux_->namespaces : std::vector<oci::Namespace>()) {
    shared_pids = shared_pids || (ns.type == oci::NamespaceType::pid && !ns.path.empty());
    own_users = own_users || ns.type == oci::NamespaceType::user;
  }
  return shared_pids && !own_users;
}

// Where the caller stands; empty where he may stand, but not look (a user's `sudo` leaves him in such places).
sys::Fd caller_directory() {
  Result<sys::Fd> here = sys::try_open(sys::FdRef(sys::kCwd), ".", O_PATH | O_DIRECTORY);
  return here ? std::move(*here) : sys::Fd();
}

// One creation, step by step. What the destructor finds unfinished it undoes.
class Creation {
public:
  explicit Creation(const CreationRequest& request)
      : request_(request), fds_(inherited_fds(request.options.preserve_fds, request.home.policy)),
        caller_dir_(caller_directory()), bundle_(enter_bundle(request.options.bundle)),
        config_(read_config(request.options.config)), spec_(load()),
        dir_(store::reserve(request.home, request.options.id)) {}
  Creation(const Creation&) = delete;
  Creation& operator=(const Creation&) = delete;
  ~Creation() {
    if (!finished_) undo();
  }

  Created run();

private:
  oci::Spec load() const;
  void hide_executable() const;
  void make_plan();
  void make_cgroup();
  std::optional<sys::FdRef> birth_place() const;
  void show_cgroup();
  void make_fifo();
  void spawn();
  void settle_init();
  bool may_go_ahead() const;
  void converse();
  void delegate_cgroup();
  void handle(launch::Message& message);
  void run_runtime_hooks();
  void serve_listener(const launch::Message& message);
  void set_ids(const launch::Message& message);
  [[noreturn]] void report(const launch::Message& message);
  void undo() noexcept;
  oci::State state() const;
  hooks::Surroundings hook_surroundings() const;

  const CreationRequest& request_;
  InheritedFds fds_;
  sys::Fd caller_dir_;
  std::string bundle_;
  std::string config_;
  oci::Spec spec_;
  StateDir dir_;
  launch::InitPlan plan_;
  std::unique_ptr<cgroups::Manager> cgroup_;
  launch::Spawned init_;
  Record record_;
  sys::Fd console_;
  Go go_ = Go::to_send;
  bool ready_ = false;
  bool hooks_ran_ = false;
  bool finished_ = false;
};

oci::Spec Creation::load() const {
  const Policy& policy = request_.home.policy;
  const std::string& file = request_.options.config;
  oci::Spec spec = oci::parse_spec(config_, file);
  if (policy.accepts_empty_mappings) map_caller(spec);
  oci::validate(spec, file);
  if (!spec.process && request_.start_by == launch::StartBy::go)
    throw Error(cat(file, ": process: process property must not be empty"));
  if (!spec.process) spec.process = process_without_program();
  annotations::apply(spec);
  if (policy.refuses_unknown_capabilities) refuse_unknown_capabilities(*spec.process);
  check_console(spec.process->terminal, request_.terminal == Terminal::to_socket ? Detached::yes : Detached::no,
                request_.options.console_socket);
  for (const std::string& variable : fds_.env) spec.process->env.push_back(variable);
  if (ptrace_may_reach_init(spec)) hide_executable();
  announce_tracer(request_.home, spec);
  if (policy.ignores_idle_labels) {
    drop_idle_labels(*spec.process);
    drop_idle_mount_label(spec);
  }
  return spec;
}

// All begins anew there, so it has to find the caller's directory.
void Creation::hide_executable() const {
  if (::fchdir(caller_dir_.get()) != 0) throw Error(errno, "return to the caller's directory");
  security::run_from_sealed_copy();
  if (::chdir(bundle_.c_str()) != 0) throw Error(errno, cat("chdir ", bundle_));
}

oci::State Creation::state() const {
  oci::State state = plan_.state;
  state.pid = init_.pid;
  return state;
}

hooks::Surroundings Creation::hook_surroundings() const {
  return {.directory = bundle_,
          .out = plan_.hook_stdout,
          .err = plan_.hook_stderr,
          .words = request_.home.policy.hook_words};
}

void Creation::make_plan() {
  const CreateOptions& options = request_.options;
  // What delete needs when this process is killed before the record is written.
  sys::atomic_replace(dir_.fd(), names::kConfig, config_, 0600);
  if (NotifySocket::is_wanted()) NotifySocket::prepare(dir_, request_.home.policy, spec_);
  plan_ = launch::plan_init(
      spec_,
      {.id = options.id,
       .bundle = bundle_,
       .no_pivot = options.no_pivot,
       .no_new_keyring = options.no_new_keyring,
       .preserve_fds = fds_.count,
       .listens_always = request_.home.policy.listens_always,
       .binds_sys = request_.home.policy.binds_sys,
       .mounts_over_root = request_.home.policy.mounts_over_root,
       .binds_take_any_option = request_.home.policy.binds_take_any_option,
       .renews_binds = request_.home.policy.renews_binds,
       .seccomp_cache = request_.home.shared.empty() ? std::string() : cat(request_.home.shared, "/.cache/seccomp")});
  plan_.state.status = request_.home.policy.early_hooks_see;
  plan_.start_by = request_.start_by;
  plan_.hooks_in_bundle = request_.home.policy.hooks_in_bundle;
  plan_.process.says_executable_file = request_.home.policy.says_executable_file;
  if (request_.home.policy.gives_group_of_stdio) plan_.process.stdio_group = plan_.process.gid;
  annotations::apply(spec_.annotations, plan_);
}

void Creation::make_cgroup() {
  plan_.waits_for_joined = spec_.linux_ && !spec_.linux_->net_devices.empty();
  if (request_.home.without_cgroup) {
    cgroup_ = cgroups::open({});
    return;
  }
  auto cgroup = cgroups::plan(names::cgroup_request(request_.home, request_.options.id, spec_));
  cgroup->prepare();
  cgroup_ = std::move(cgroup); // only now is it ours to undo: it may have been another container's
  const bool joins_later = !cgroup_->place().legacy.empty() || !birth_place();
  // What the kernel allows of scheduling depends on the cpuset.
  if ((plan_.new_cgroup_ns || plan_.process.scheduler) && joins_later) plan_.waits_for_joined = true;
}

// None where init is moved after the clone. Who stands in another cgroup namespace than the host's, as init's parent
// does when it is to be born in a joined one, can clone into nothing outside of it: cgroup-v2, "nsdelegate".
std::optional<sys::FdRef> Creation::birth_place() const {
  const bool joins_namespace = std::ranges::any_of(
      plan_.joined, [](const launch::JoinedNamespace& joined) { return joined.type == CLONE_NEWCGROUP; });
  return joins_namespace ? std::nullopt : cgroup_->birth_place();
}

// The container's own directories, as trees that init attaches. Without a cgroup namespace cgroup2 is shown whole, so
// that the paths in /proc/PID/cgroup can be found in it.
void Creation::show_cgroup() {
  for (launch::PlannedMount& mount : plan_.mounts) {
    if (mount.kind != launch::PlannedMount::Kind::cgroup) continue;
    for (const cgroups::View& view : cgroup_->views()) {
      const bool whole = view.unified && view.name.empty() && !plan_.new_cgroup_ns;
      const std::string& source = whole ? view.hierarchy_root : view.directory;
      Result<sys::MountFd> tree = sys::try_clone_tree(sys::FdRef(sys::kCwd), source.c_str(), sys::Depth::one);
      if (!tree && tree.error() == EPERM) continue; // rootless: init makes what it may
      mount.cgroup.push_back(
          {view.name, std::move(tree).or_throw([&] { return cat("open cgroup ", source); }), view.symlinks});
    }
  }
}

void Creation::make_fifo() {
  if (::mkfifoat(dir_.fd().get(), names::kCreatingFifo, 0600) != 0) throw Error(errno, "mkfifo");
  if (request_.start_by != launch::StartBy::fifo) return;
  plan_.fifo = sys::open(dir_.fd(), names::kCreatingFifo, O_RDWR); // I10: init gets it by descriptor only
}

// What has to be around init before it may go on, and only the runtime can do.
void Creation::settle_init() {
  cgroup_->join(init_.pid, birth_place() ? cgroups::Born::InPlace : cgroups::Born::Elsewhere);
  if (spec_.linux_ && spec_.linux_->intel_rdt)
    record_.resctrl = resctrl::apply(*spec_.linux_->intel_rdt, request_.options.id, init_.pid);
  if (spec_.linux_ && !spec_.linux_->net_devices.empty())
    launch::move_net_devices(spec_.linux_->net_devices, sys::open(cat("/proc/", init_.pid, "/ns/net"), O_RDONLY));
  if (plan_.waits_for_joined) init_.channel.send_joined();
}

void Creation::spawn() {
  const std::optional<sys::FdRef> birth = birth_place();
  const std::optional<sys::Fd> mount_ns = launch::open_mount_namespace(plan_, request_.home.shared);
  hooks_ran_ = plan_.waits_for_runtime_hooks || !plan_.hooks.create_container.empty(); // from now on they may
  log::debug(cat("nsexec container setup: clone from ", launch::text(plan_.mounts_begin)));
  init_ = launch::spawn(plan_, {.cgroup = birth.value_or(sys::FdRef(-1)),
                                .mount_ns = mount_ns ? sys::FdRef(*mount_ns) : sys::FdRef(-1),
                                .state_dir = dir_.fd()});
  settle_init();
  launch::set_rlimits(init_.pid, plan_.process.rlimits, launch::Which::raising);
  // The engine's own affinity is not the container's: its cpuset alone decides.
  (void)launch::try_set_affinity(init_.pid, launch::all_cpus());
  if (plan_.process.oom_score_adj)
    sys::write_file(cat("/proc/", init_.pid, "/oom_score_adj"), cat(*plan_.process.oom_score_adj));

  record_.id = request_.options.id;
  record_.oci_version = spec_.oci_version;
  record_.bundle = bundle_;
  record_.rootfs = plan_.rootfs;
  record_.created = now();
  record_.stdio = pipes_of_streams();
  record_.annotations = spec_.annotations;
  record_.init = {init_.pid, sys::try_process_stat(init_.pid).or_throw("read container init's start time").start_time};
  record_.cgroup = cgroup_->place();
  record_.hooks = spec_.hooks;
  record_.has_no_program = plan_.process.args.empty();
  record_.new_keyring = !request_.options.no_new_keyring;
  if (spec_.linux_) record_.namespaces = spec_.linux_->namespaces;
  write_record(dir_.fd(), record_);
  if (may_go_ahead()) {
    init_.channel.send_go_ahead();
    go_ = Go::sent;
  }
}

// Whether `run` has nothing to do once init is ready that the program must find done, or whose failure must keep it
// from starting; and init waits for no other word.
bool Creation::may_go_ahead() const {
  const CreateOptions& options = request_.options;
  const bool tells_others = !options.pidfd_socket.empty() || !options.pid_file.empty() || NotifySocket::is_wanted() ||
                            !annotations::pidfd_receiver(spec_.annotations).empty();
  const bool is_asked =
      plan_.waits_for_runtime_hooks || plan_.process.terminal ||
      (plan_.process.seccomp && plan_.process.seccomp->notifies) ||
      std::ranges::any_of(plan_.mounts, [](const auto& mount) { return static_cast<bool>(mount.inner_ids); });
  return request_.start_by == launch::StartBy::go && !tells_others && !is_asked &&
         plan_.hooks.start_container.empty() && annotations::delegate_cgroup(spec_.annotations).empty();
}

void Creation::run_runtime_hooks() {
  hooks::run(hooks::Moment::prestart, plan_.hooks, state(), hook_surroundings());
  hooks::run(hooks::Moment::createRuntime, plan_.hooks, state(), hook_surroundings());
  init_.channel.send_hooks_done();
}

void Creation::serve_listener(const launch::Message& message) {
  oci::State now = state();
  now.status = oci::Status::creating;
  send_to_agent(*spec_.linux_->seccomp, now, init_.pid, take_listener(init_, message),
                request_.home.policy.agent_version);
  init_.channel.send_go();
}

// Idmapping a mount of the host's file systems takes rights over the host, which init may not have.
void Creation::set_ids(const launch::Message& message) {
  uint32_t number = 0;
  std::memcpy(&number, message.payload.data(), sizeof number);
  if (number >= plan_.mounts.size() || !plan_.mounts[number].inner_ids)
    throw Error("container init broke the protocol: no such mount");
  const launch::PlannedMount& mount = plan_.mounts[number];
  launch::set_id_mapping(message.cargo, mount.options, mount.inner_ids);
  init_.channel.send_ids_set();
}

void Creation::report(const launch::Message& message) {
  if (message.from_stub)
    throw Error(cat("error during container init: ", names::stub_failure(message.payload, plan_.process)));
  if (!message.payload.empty()) throw Error(cat("error during container init: ", message.payload));
  // It closed its end without a word.
  (void)init_.pidfd.try_signal(SIGKILL);
  const Result<sys::ExitStatus> status = init_.pidfd.try_wait();
  (void)status;
  throw Error("container init was killed before it was ready (memory limit too low?)");
}

void Creation::handle(launch::Message& message) {
  constexpr const char* kBroken = "container init broke the protocol"; // I11
  switch (message.kind) {
  case launch::Kind::mounted:
    run_runtime_hooks();
    break;
  case launch::Kind::log:
    log::debug(message.payload);
    break;
  case launch::Kind::inner_bind:
    set_ids(message);
    break;
  case launch::Kind::listener:
    if (!plan_.process.seccomp || !plan_.process.seccomp->notifies) throw Error(kBroken);
    serve_listener(message);
    break;
  case launch::Kind::ready:
    ready_ = true;
    break;
  case launch::Kind::console:
    if (!plan_.process.terminal) throw Error(kBroken);
    if (request_.terminal == Terminal::to_socket) {
      HandoverSocket(request_.options.console_socket).send("/dev/ptmx", message.cargo);
    } else {
      console_ = std::move(message.cargo);
    }
    break;
  default:
    report(message);
  }
}

void Creation::converse() {
  while (!ready_) {
    launch::Message message = init_.channel.receive();
    handle(message);
  }
}

// Init has its cgroup namespace already, whose root is the container's own cgroup.
void Creation::delegate_cgroup() {
  const std::string path = annotations::delegate_cgroup(spec_.annotations);
  if (path.empty()) return;
  cgroups::Owner owner;
  if (!plan_.uid_mappings.empty())
    owner = {.uid = launch::host_id(0, plan_.uid_mappings), .gid = launch::host_id(0, plan_.gid_mappings)};
  cgroups::delegate(cgroup_->place(), path, init_.pid, owner);
}

Created Creation::run() {
  make_plan();
  make_cgroup();
  show_cgroup();
  make_fifo();
  in([] { return "unable to start container process"; },
     [&] {
       spawn();
       converse();
       delegate_cgroup();
     });
  const CreateOptions& options = request_.options;
  for (const std::string& receiver : {options.pidfd_socket, annotations::pidfd_receiver(spec_.annotations)})
    if (!receiver.empty()) HandoverSocket(receiver).send("pidfd", init_.pidfd);
  if (request_.home.policy.writes_status)
    write_crun_status(dir_, record_, request_.home.systemd_cgroup ? CgroupManager::systemd : CgroupManager::cgroupfs);
  if (!options.pid_file.empty()) sys::atomic_replace(options.pid_file, cat(init_.pid), 0644);
  if (request_.start_by == launch::StartBy::fifo) {
    sys::try_rename(dir_.fd(), names::kCreatingFifo, names::kFifo).or_throw("rename the exec fifo");
  } else {
    sys::try_unlink(dir_.fd(), names::kCreatingFifo).or_throw("remove the exec fifo");
  }
  finished_ = true;
  return {.dir = std::move(dir_),
          .record = std::move(record_),
          .init = std::move(init_),
          .process = std::move(plan_.process),
          .go = go_,
          .console = std::move(console_),
          .cgroup = std::move(cgroup_)};
}

void Creation::undo() noexcept {
  try {
    if (init_.pidfd) {
      (void)init_.pidfd.try_signal(SIGKILL);
      (void)init_.pidfd.try_wait();
    }
    if (cgroup_) cgroup_->remove();
    resctrl::remove(record_.resctrl);
  } catch (const std::exception& error) {
    log::warn(cat("clean up after a failed start: ", error.what(), ", ignoring"));
  }
  try {
    dir_.remove();
    if (!request_.options.pid_file.empty() && ready_) (void)::unlink(request_.options.pid_file.c_str());
    // runtime.md, "Lifecycle": a failed hook goes on with the deletion, of which these are the last step.
    if (hooks_ran_) hooks::run(hooks::Moment::poststop, plan_.hooks, plan_.state, hook_surroundings());
  } catch (const std::exception& error) {
    log::warn(cat("clean up after a failed start: ", error.what(), ", ignoring"));
  }
}

} // namespace

Created create_container(const CreationRequest& request) {
  return Creation(request).run();
}

void destroy_container(const Record& record, cgroups::Manager& cgroup, StateDir& dir, const Policy& policy) {
  cgroup.remove(); // I15: kills, and waits until nobody is left
  resctrl::remove(record.resctrl);
  dir.remove();
  if (!record.hooks) return;
  const annotations::HookFiles files = annotations::open_hook_files(record.annotations);
  hooks::run(hooks::Moment::poststop, *record.hooks, state_of(record, oci::Status::stopped, 0),
             {.directory = record.bundle, .out = files.out, .err = files.err, .words = policy.hook_words});
}

} // namespace skiff
