#include "runtime/launch/early_namespaces.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "runtime/launch/affinity.h"
#include "runtime/stub/syscall.h"

namespace skiff::launch {

// What the two share, and the stack of the task.
struct EarlyNamespaces::Task {
  explicit Task(bool wants_ipc) : with_ipc(wants_ipc) {}
  int make() noexcept;

  bool with_ipc;
  int net = -1, ipc = -1; // descriptors
  ifreq loopback{.ifr_ifrn = {.ifrn_name = "lo"}, .ifr_ifru = {.ifru_flags = IFF_UP | IFF_RUNNING}};
  alignas(16) char stack[4096];
};

// The memory is the runtime's, with errno and all, and its descriptors are: so bare system calls only.
int EarlyNamespaces::Task::make() noexcept {
  using stub::call, stub::pointer;
  if (call(__NR_unshare, CLONE_NEWNET | (with_ipc ? CLONE_NEWIPC : 0)) < 0) return 1;
  const auto open_own = [](const char* path) {
    return static_cast<int>(call(__NR_openat, AT_FDCWD, pointer(path), O_RDONLY | O_CLOEXEC));
  };
  net = open_own("/proc/self/ns/net");
  if (with_ipc) ipc = open_own("/proc/self/ns/ipc");
  const long socket = call(__NR_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC);
  const long up = call(__NR_ioctl, socket, SIOCSIFFLAGS, pointer(&loopback));
  (void)call(__NR_close, socket);
  return up < 0 || net < 0 || (with_ipc && ipc < 0) ? 1 : 0;
}

namespace {

bool makes(const oci::Spec& spec, oci::NamespaceType type) {
  return std::ranges::any_of(spec.linux_->namespaces,
                             [&](const oci::Namespace& ns) { return ns.type == type && ns.path.empty(); });
}

bool has_user_namespace(const oci::Spec& spec) {
  return std::ranges::any_of(spec.linux_->namespaces,
                             [](const oci::Namespace& ns) { return ns.type == oci::NamespaceType::user; });
}

} // namespace

EarlyNamespaces::EarlyNamespaces(const oci::Spec& spec) {
  if (!spec.linux_ || !makes(spec, oci::NamespaceType::network) || has_user_namespace(spec) || ::geteuid() != 0) return;
  const std::optional<CpuSet> others = other_cpus();
  if (!others) return;
  task_ = std::make_unique<Task>(makes(spec, oci::NamespaceType::ipc));
  // Without a signal at its end: SIGCHLD is for the container's processes.
  pid_ = ::clone([](void* task) { return static_cast<Task*>(task)->make(); }, std::end(task_->stack),
                 CLONE_VM | CLONE_FILES, task_.get());
  // The kernel begins a new task where its parent runs, which would go first.
  if (pid_ >= 0) (void)try_set_affinity(pid_, *others);
}

EarlyNamespaces::~EarlyNamespaces() {
  (void)take();
}

std::vector<JoinedNamespace> EarlyNamespaces::take() {
  if (pid_ < 0) return {};
  int status = 0;
  while (::waitpid(pid_, &status, __WALL) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  sys::Fd net(task_->net), ipc(task_->ipc);
  std::vector<JoinedNamespace> made;
  if (status != 0) return made;
  made.push_back({CLONE_NEWNET, std::move(net), "(new network)"});
  if (ipc) made.push_back({CLONE_NEWIPC, std::move(ipc), "(new ipc)"});
  return made;
}

} // namespace skiff::launch
