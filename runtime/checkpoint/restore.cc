#include "runtime/checkpoint/restore.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "hooks/run.h"
#include "oci-spec/json/parse.h"
#include "oci-spec/validate.h"
#include "runtime/base/scope.h"
#include "runtime/base/text.h"
#include "runtime/checkpoint/criu.h"
#include "runtime/checkpoint/external_mounts.h"
#include "runtime/checkpoint/names.h"
#include "runtime/checkpoint/request.h"
#include "runtime/checkpoint/restore_root.h"
#include "runtime/container/annotations.h"
#include "runtime/container/bundle.h"
#include "runtime/container/console.h"
#include "runtime/container/creation.h"
#include "runtime/container/crun_status.h"
#include "runtime/container/foreground.h"
#include "runtime/container/names.h"
#include "runtime/container/notify.h"
#include "runtime/container/tracers.h"
#include "runtime/launch/namespace_table.h"
#include "runtime/launch/plan_parts.h"
#include "runtime/log/log.h"
#include "runtime/sys/file.h"
#include "runtime/sys/path.h"

namespace skiff::checkpoint {

namespace {

constexpr const char* kLog = "restore.log";
constexpr const char* kRoot = "criu-root";

// One restore, step by step, as container/creation.cc makes a container. What the destructor finds unfinished it
// undoes.
class Restoration {
public:
  Restoration(const Home& home, const RestoreOptions& options)
      : home_(home), options_(options), directories_(open_directories(options, kLog)),
        bundle_(enter_bundle(options.bundle)), config_(read_config(kConfig)), spec_(load()),
        console_socket_(options.console_socket), dir_(store::reserve(home, options.id)) {}
  Restoration(const Restoration&) = delete;
  Restoration& operator=(const Restoration&) = delete;
  ~Restoration() {
    if (!finished_) undo();
  }

  void run();
  // The container's process, the master of its terminal if the caller is to have it, and the end of all.
  const sys::PidFd& init() const { return init_; }
  int pid() const { return record_.init.pid; }
  sys::Fd take_console() { return std::move(console_); }
  void unlock() { dir_.unlock(); }
  void destroy();

private:
  static constexpr const char* kConfig = names::kConfig;

  oci::Spec load() const;
  void make_plan();
  void make_cgroup();
  CriuStart criu_start(const std::string& root);
  void add_options(Message& request, const std::string& root, int version) const;
  void add_namespaces(Message& request, int version) const;
  void add_cgroups(Message& request, int pid) const;
  void add_mounts(Message& request) const;
  void add_pipes(Message& request) const;
  void handle(Notification& notification, int version);
  void run_hooks(int pid);
  void keep_record(int pid, int version);
  void undo() noexcept;
  oci::State state(int pid) const;
  hooks::Surroundings hook_surroundings() const;

  const Home& home_;
  const RestoreOptions& options_;
  Directories directories_;
  std::string bundle_;
  std::string config_;
  oci::Spec spec_;
  HandoverSocket console_socket_;
  StateDir dir_;
  launch::InitPlan plan_;
  std::unique_ptr<cgroups::Manager> cgroup_;
  Record record_;
  sys::PidFd init_;
  sys::Fd console_;
  annotations::HookFiles hook_files_;
  bool hooks_ran_ = false;
  bool finished_ = false;
};

oci::Spec Restoration::load() const {
  oci::Spec spec = oci::parse_spec(config_, kConfig);
  if (home_.policy.accepts_empty_mappings) map_caller(spec);
  oci::validate(spec, kConfig);
  annotations::apply(spec);
  if (!spec.process) throw Error(cat(kConfig, ": process: process property must not be empty"));
  check_console(spec.process->terminal, options_.detach ? Detached::yes : Detached::no, options_.console_socket);
  announce_tracer(home_, spec);
  return spec;
}

oci::State Restoration::state(int pid) const {
  return state_of(record_, oci::Status::creating, pid);
}

hooks::Surroundings Restoration::hook_surroundings() const {
  return {.directory = bundle_, .out = hook_files_.out, .err = hook_files_.err, .words = home_.policy.hook_words};
}

void Restoration::make_plan() {
  sys::atomic_replace(dir_.fd(), names::kConfig, config_, 0600); // as in a creation
  if (NotifySocket::is_wanted()) NotifySocket::prepare(dir_, home_.policy, spec_);
  const launch::PlanRequest request = {.id = options_.id, .bundle = bundle_, .no_pivot = options_.no_pivot};
  launch::plan_namespaces(plan_, spec_);
  if (!plan_.has_mount_ns) throw Error("a container without a mount namespace cannot be restored");
  launch::plan_rootfs(plan_, spec_, request);
  launch::plan_devices(plan_, spec_);
  hook_files_ = annotations::open_hook_files(spec_.annotations);

  record_.id = options_.id;
  record_.oci_version = spec_.oci_version;
  record_.bundle = bundle_;
  record_.rootfs = plan_.rootfs;
  record_.created = now();
  record_.annotations = spec_.annotations;
  record_.hooks = spec_.hooks;
  record_.stdio = pipes_of_streams();
  if (spec_.linux_) record_.namespaces = spec_.linux_->namespaces;
}

void Restoration::make_cgroup() {
  if (home_.without_cgroup) {
    cgroup_ = cgroups::open({});
    return;
  }
  auto cgroup = cgroups::plan(names::cgroup_request(home_, options_.id, spec_));
  cgroup->prepare();
  cgroup_ = std::move(cgroup); // only now is it ours to undo
}

// The namespaces that it restores into go along as descriptors.
CriuStart Restoration::criu_start(const std::string& root) {
  CriuStart start{.stdio = spec_.process->terminal ? Stdio::null : Stdio::callers,
                  .new_namespaces = CLONE_NEWNS,
                  .before = [this, root] { prepare_root(root, plan_); }};
  for (const oci::Namespace& ns : record_.namespaces) {
    if (external_namespace(ns.type) == nullptr || ns.path.empty()) continue;
    Result<sys::Fd> fd = sys::try_open(sys::FdRef(sys::kCwd), ns.path.c_str(), O_RDONLY);
    if (!fd) throw Error(cat("Requested network namespace ", ns.path, " does not exist"));
    start.files.push_back(std::move(*fd));
  }
  return start;
}

void Restoration::add_options(Message& request, const std::string& root, int version) const {
  request.text(opts::kRoot, root).number(opts::kRstSibling, 1).number(opts::kEvasiveDevices, 1);
  request.number(opts::kTcpClose, options_.tcp_close ? 1 : 0);
  constexpr int kSetsLabels = 31600;
  const auto label = [&](unsigned field, const char* option, const std::string& value) {
    if (value.empty()) return;
    if (version < kSetsLabels) throw Error(cat(option, " requires at least CRIU 3.16"));
    request.text(field, value);
  };
  label(opts::kLsmProfile, "--lsm-profile", options_.lsm_profile);
  label(opts::kLsmMountContext, "--lsm-mount-context", options_.lsm_mount_context);
}

void Restoration::add_namespaces(Message& request, int version) const {
  int file = Criu::kFirstFile;
  for (const oci::Namespace& ns : record_.namespaces) {
    if (ns.path.empty()) continue;
    if (const ExternalNamespace* external = external_namespace(ns.type)) {
      if (version < external->least_version)
        throw Error(cat("criu lacks support for external ", external->name,
                        " namespace during the restoration process (old criu version?)"));
      add_pair(request, opts::kInheritFd, external->key, static_cast<uint64_t>(file++));
      continue;
    }
    if (ns.type == oci::NamespaceType::cgroup) throw Error("Do not know how to handle namespace NEWCGROUP");
    for (const launch::NamespaceRow& row : launch::kNamespaceRows)
      if (row.type == ns.type) add_pair(request, opts::kJoinNs, row.proc_name, ns.path);
  }
}

// Where criu is, what it restores is to be.
void Restoration::add_cgroups(Message& request, int pid) const {
  const std::string text = sys::read_file(cat("/proc/", pid, "/cgroup"));
  for (const std::string_view line : lines(text)) {
    const size_t first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    for (const std::string_view controller : split(line.substr(first + 1, second - first - 1), ','))
      add_pair(request, opts::kCgRoot, controller, line.substr(second + 1));
  }
}

void Restoration::add_mounts(Message& request) const {
  for (const ExternalMount& mount : external_mounts(plan_, *cgroup_))
    add_pair(request, opts::kExtMnt, mount.place, mount.source);
  if (!plan_.masked_paths.empty()) add_pair(request, opts::kExtMnt, "/dev/null", "/dev/null");
}

// The pipes of before are our own standard streams now.
void Restoration::add_pipes(Message& request) const {
  const std::string text =
      sys::try_read_file(directories_.images, kDescriptors).or_throw([] { return cat("open ", kDescriptors); });
  const oci::json::Document document = oci::json::parse(text, kDescriptors);
  if (document.root().kind() != oci::json::Kind::array) return;
  uint64_t stream = 0;
  for (const oci::json::Item& item : document.root().items()) {
    if (stream > STDERR_FILENO) break; // those behind are criu's own
    const oci::json::Value& name = item.value;
    if (name.kind() == oci::json::Kind::string && name.text().starts_with("pipe:"))
      add_pair(request, opts::kInheritFd, name.text(), stream);
    ++stream;
  }
}

void Restoration::run_hooks(int pid) {
  if (!spec_.hooks) return;
  hooks_ran_ = true;
  hooks::run(hooks::Moment::prestart, *spec_.hooks, state(pid), hook_surroundings());
  hooks::run(hooks::Moment::createRuntime, *spec_.hooks, state(pid), hook_surroundings());
}

void Restoration::keep_record(int pid, int version) {
  init_ = sys::try_pidfd(pid).or_throw("find the restored process");
  record_.init = {pid, sys::try_process_stat(pid).or_throw("read container init's start time").start_time};
  // It has one now, with the clocks of before.
  constexpr int kTimeNamespaces = 31400;
  const bool has_time_ns = std::ranges::any_of(
      record_.namespaces, [](const oci::Namespace& ns) { return ns.type == oci::NamespaceType::time; });
  if (!has_time_ns && version >= kTimeNamespaces && sys::exists("/proc/self/ns/time"))
    record_.namespaces.push_back({oci::NamespaceType::time, ""});
  write_record(dir_.fd(), record_);
}

void Restoration::handle(Notification& notification, int version) {
  if (notification.script == "setup-namespaces") run_hooks(notification.pid);
  if (notification.script == "post-restore") keep_record(notification.pid, version);
  if (notification.script == "orphan-pts-master") {
    if (console_socket_) {
      console_socket_.send("orphan-pts-master", notification.cargo);
    } else {
      console_ = std::move(notification.cargo);
    }
  }
}

void Restoration::run() {
  make_plan();
  make_cgroup();
  sys::try_mkdir(dir_.fd(), kRoot, 0755).or_throw("mkdir criu-root");
  const Scope remove_root([&] { (void)sys::try_unlink(dir_.fd(), kRoot, AT_REMOVEDIR); });
  const std::string root = sys::real_path(cat(dir_.path(), '/', kRoot));
  Criu criu(criu_start(root));
  cgroup_->join(criu.pid(), cgroups::Born::Elsewhere);
  record_.cgroup = cgroup_->place();
  if (spec_.linux_ && spec_.linux_->intel_rdt)
    record_.resctrl = resctrl::apply(*spec_.linux_->intel_rdt, options_.id, criu.pid());
  const Directories directories = reopen_in(criu.pid(), directories_);
  Message request = common_request(options_, directories, kLog, record_);
  add_options(request, root, criu.version());
  add_namespaces(request, criu.version());
  add_cgroups(request, criu.pid());
  add_mounts(request);
  add_pipes(request);
  try {
    criu.run(Request::restore, request, [&](Notification& notification) { handle(notification, criu.version()); });
  } catch (const Error&) {
    quote_errors(directories_.log);
    throw;
  }
  if (!init_) throw Error("criu has not told which process it has restored");
  if (home_.policy.writes_status)
    write_crun_status(dir_, record_, home_.systemd_cgroup ? CgroupManager::systemd : CgroupManager::cgroupfs);
  if (!options_.pid_file.empty()) sys::atomic_replace(options_.pid_file, cat(pid()), 0644);
  finished_ = true;
}

void Restoration::destroy() {
  if (!dir_.try_lock()) return; // `delete` was faster
  (void)init_.try_signal(SIGKILL);
  cgroup_->let_die();
  (void)init_.try_wait();
  destroy_container(record_, *cgroup_, dir_, home_.policy);
}

void Restoration::undo() noexcept {
  try {
    if (init_) {
      (void)init_.try_signal(SIGKILL);
      (void)init_.try_wait();
    }
    if (cgroup_) cgroup_->remove();
    resctrl::remove(record_.resctrl);
    dir_.remove();
    if (hooks_ran_)
      hooks::run(hooks::Moment::poststop, *spec_.hooks, state_of(record_, oci::Status::stopped, 0),
                 hook_surroundings());
  } catch (const std::exception& error) {
    log::warn(cat("clean up after a failed restore: ", error.what(), ", ignoring"));
  }
}

} // namespace

int restore(const Home& home, const RestoreOptions& options) {
  if (!options.detach && !options.no_subreaper && ::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0)
    log::warn("cannot become the subreaper of the container's processes, ignoring");
  std::optional<Signals> signals;
  if (!options.detach) signals.emplace();
  Restoration restored(home, options);
  restored.run();
  restored.unlock();
  if (options.detach) return 0;
  std::optional<TerminalRelay> terminal;
  if (sys::Fd console = restored.take_console()) terminal.emplace(std::move(console));
  const sys::ExitStatus status =
      wait_in_foreground(restored.init(), *signals, terminal ? &*terminal : nullptr, nullptr, restored.pid());
  terminal.reset();
  restored.destroy();
  return status.shell_code();
}

} // namespace skiff::checkpoint
