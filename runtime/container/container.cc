#include "runtime/container/container.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "hooks/run.h"
#include "oci-spec/error.h"
#include "runtime/base/messages.h"
#include "runtime/base/text.h"
#include "runtime/container/annotations.h"
#include "runtime/container/creation.h"
#include "runtime/container/names.h"
#include "runtime/container/notify.h"
#include "runtime/log/log.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"

namespace skiff {

namespace {

bool exists(sys::FdRef dir, const char* name) {
  return static_cast<bool>(sys::try_stat(dir, name, AT_SYMLINK_NOFOLLOW));
}

// The container's side of the FIFO is close-on-exec: when nobody has it any more, the startContainer hooks are done and
// the program has begun (or never will).
void wait_for_program(sys::FdRef fifo) {
  pollfd watched{fifo.get(), 0, 0};
  while ((watched.revents & POLLERR) == 0)
    if (::poll(&watched, 1, -1) < 0 && errno != EINTR) throw Error(errno, "poll exec fifo");
}

bool has_private_pid_namespace(const Record& record) {
  return std::ranges::any_of(record.namespaces, [](const oci::Namespace& ns) {
    return ns.type == oci::NamespaceType::pid && ns.path.empty();
  });
}

} // namespace

void create(const Home& home, const CreateOptions& options) {
  (void)create_container({.home = home, .options = options});
}

Container::Container(const Home& home, StateDir dir, Record record)
    : root_(home.root), policy_(home.policy), dir_(std::move(dir)), record_(std::move(record)) {}

Container Container::open(const Home& home, const std::string& id) {
  StateDir dir = store::open(home, id);
  Record record = read_record(dir.fd());
  return {home, std::move(dir), std::move(record)};
}

oci::Status Container::status() const {
  if (!living_init(record_)) return oci::Status::stopped;
  if (exists(dir_.fd(), names::kCreatingFifo)) return oci::Status::creating;
  if (cgroups::open(record_.cgroup)->frozen()) return oci::Status::paused;
  return exists(dir_.fd(), names::kFifo) ? oci::Status::created : oci::Status::running;
}

void Container::start() {
  dir_.lock();
  switch (const oci::Status now = status()) {
  case oci::Status::created:
    break;
  case oci::Status::stopped:
    throw Error("cannot start a container that has stopped");
  case oci::Status::running:
    throw Error("cannot start an already running container");
  default:
    throw Error(cat("cannot start a container in the ", oci::to_string(now), " state"));
  }
  std::optional<NotifySocket> notify;
  if (NotifySocket::is_wanted()) notify.emplace(dir_, policy_);
  Result<sys::Fd> fifo = sys::try_open(dir_.fd(), names::kFifo, O_WRONLY | O_NONBLOCK);
  // Nobody has the other end: it died after the look at its status. Never a wait for ever.
  if (!fifo && fifo.error() == ENXIO) throw Error("container init is gone: it can't be started");
  const sys::Fd byte = std::move(fifo).or_throw("open exec fifo");
  const sys::PidFd init = living_init(record_).or_throw("container init");
  if (record_.has_no_program) {
    // runtime.md, "Start". No program can come any more, so that is the container's end.
    (void)init.try_signal(SIGKILL);
    constexpr const char* kMissing = "cannot start a container whose configuration has no process";
    if (!policy_.starts_without_process) throw Error(kMissing);
    return log::error(kMissing);
  }
  sys::try_write_all(byte, "0").or_throw("write exec fifo");
  sys::try_unlink(dir_.fd(), names::kFifo).or_throw("remove exec fifo");
  dir_.unlock(); // the container runs, and what follows may take long, or call us
  if (record_.hooks && !(record_.hooks->start_container.empty() && record_.hooks->poststart.empty())) {
    wait_for_program(byte);
    try {
      const annotations::HookFiles files = annotations::open_hook_files(record_.annotations);
      hooks::run(hooks::Moment::poststart, *record_.hooks, state_of(record_, oci::Status::running, record_.init.pid),
                 {.directory = record_.bundle, .out = files.out, .err = files.err});
    } catch (const Error&) {
      // runtime.md, "Lifecycle", step 9: the container is stopped, and its deletion follows.
      (void)init.try_signal(SIGKILL);
      if (dir_.try_lock()) destroy_container(record_, *cgroups::open(record_.cgroup), dir_, policy_);
      throw;
    }
  }
  if (notify) notify->wait(init, record_.init.pid);
}

void Container::kill(int signal, bool all) {
  const std::unique_ptr<cgroups::Manager> cgroup = cgroups::open(record_.cgroup);
  Result<sys::PidFd> init = living_init(record_);
  // Killing pid 1 kills its pid namespace; a shared one has to be emptied process by process.
  if (signal == SIGKILL && !has_private_pid_namespace(record_)) all = true;
  // Without a cgroup nobody knows who else belongs to the container.
  if (record_.cgroup.empty()) all = false;
  if (all) {
    if (!init && cgroup->processes().empty()) {
      if (signal == SIGKILL && !has_private_pid_namespace(record_)) throw Error(std::string(messages::kNotRunning));
      return;
    }
    return cgroup->signal_all(signal);
  }
  if (!init) throw Error(std::string(messages::kNotRunning));
  const Result<void> sent = init->try_signal(signal);
  if (!sent && sent.error() == ESRCH) throw Error(std::string(messages::kNotRunning));
  if (!sent) throw Error(sent.error(), "unable to signal init");
  if (signal == SIGKILL) cgroup->let_die();
}

void Container::remove(bool force) {
  dir_.lock();
  const oci::Status now = status();
  if (!force && now != oci::Status::stopped && now != oci::Status::created)
    throw Error(cat("cannot delete container ", record_.id, " that is not stopped: ", oci::to_string(now)));
  if (Result<sys::PidFd> init = living_init(record_)) {
    (void)init->try_signal(SIGKILL);
    cgroups::open(record_.cgroup)->let_die();
    constexpr int kPatience = 10'000; // milliseconds, as runc's
    if (!sys::wait_until_gone(*init, kPatience)) throw Error("container init still running");
  }
  destroy_container(record_, *cgroups::open(record_.cgroup), dir_, policy_);
}

namespace {

bool is_same(const cgroups::Place& a, const cgroups::Place& b) {
  return (!a.unified.empty() && a.unified == b.unified) || (!a.legacy.empty() && a.legacy == b.legacy);
}

bool has_container(const Home& home, const cgroups::Place& place) {
  for (const std::string& id : store::ids(home)) {
    try {
      if (is_same(Container::open(home, id).record().cgroup, place)) return true;
    } catch (const Error&) {
      // No record: an aborted start as well, the one in question among them.
    }
  }
  return false;
}

} // namespace

bool remove_leftovers(const Home& home, const std::string& id) {
  std::optional<StateDir> dir;
  try {
    dir.emplace(store::open(home, id));
  } catch (const Error& error) {
    if (error.what() == messages::kNotExist) return true;
    throw;
  }
  if (!dir->try_lock()) return true; // a `create` that was still at work held it, and has failed
  if (has_record(dir->fd())) return false;
  Result<std::string> config = sys::try_read_file(dir->fd(), names::kConfig);
  if (config) {
    try {
      const oci::Spec spec = oci::parse_spec(*config, names::kConfig);
      cgroups::Request request = names::cgroup_request(home, id, spec);
      if (request.driver == cgroups::Driver::Cgroupfs) request.rootless = true; // what is missing is no failure here
      const std::unique_ptr<cgroups::Manager> cgroup = cgroups::plan(std::move(request));
      // The start may have ended before it found out that the place is taken.
      if (!has_container(home, cgroup->place())) cgroup->remove();
      if (spec.linux_ && spec.linux_->intel_rdt) resctrl::remove_leftovers(*spec.linux_->intel_rdt, id);
    } catch (const std::exception& error) {
      log::warn(cat("remove the cgroup of an aborted start: ", error.what(), ", ignoring"));
    }
  }
  dir->remove();
  return true;
}

std::vector<Container> list(const Home& home) {
  std::vector<Container> all;
  for (const std::string& id : store::ids(home)) {
    try {
      all.push_back(Container::open(home, id));
    } catch (const Error& error) {
      log::warn(cat("load container ", id, ": ", error.what()));
    }
  }
  return all;
}

} // namespace skiff
