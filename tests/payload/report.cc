// Runs inside a container and prints what it sees there as one JSON object. Static, so that it needs nothing around it.
//
//   report [ANYTHING...]

#include "tests/payload/json.h"

#include <algorithm>
#include <array>
#include <climits>
#include <cstdint>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include <vector>

extern char** environ;

namespace {

using payload::Json;
using payload::quoted;

std::string read_file(const std::string& path) {
  std::string text;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return text;
  std::array<char, 4096> buffer;
  for (ssize_t n; (n = read(fd, buffer.data(), buffer.size())) > 0;) text.append(buffer.data(), static_cast<size_t>(n));
  close(fd);
  return text;
}

std::string read_link(const std::string& path) {
  std::array<char, PATH_MAX> buffer;
  const ssize_t n = readlink(path.c_str(), buffer.data(), buffer.size());
  return n < 0 ? std::string() : std::string(buffer.data(), static_cast<size_t>(n));
}

std::string lines(const std::string& text) {
  Json list('[');
  for (size_t from = 0, to; (to = text.find('\n', from)) != std::string::npos; from = to + 1) {
    list.add(quoted(text.substr(from, to - from)));
  }
  return list.text();
}

std::string strings(char** texts) {
  Json list('[');
  for (; *texts != nullptr; ++texts) list.add(quoted(*texts));
  return list.text();
}

template <class Numbers> std::string numbers(const Numbers& values) {
  Json list('[');
  for (const auto value : values) list.add(std::to_string(value));
  return list.text();
}

std::string groups() {
  std::vector<gid_t> found(65536);
  found.resize(static_cast<size_t>(std::max(0, getgroups(static_cast<int>(found.size()), found.data()))));
  return numbers(found);
}

// The members of /proc/self/status, each as text.
std::string status() {
  Json object('{');
  const std::string text = read_file("/proc/self/status");
  for (size_t from = 0, to; (to = text.find('\n', from)) != std::string::npos; from = to + 1) {
    const size_t colon = text.find(":\t", from);
    if (colon < to) object.add_text(text.substr(from, colon - from), text.substr(colon + 2, to - colon - 2));
  }
  return object.text();
}

std::string limits() {
  constexpr std::array<const char*, 16> kNames = {"CPU",      "FSIZE",  "DATA",    "STACK", "CORE",  "RSS",
                                                  "NPROC",    "NOFILE", "MEMLOCK", "AS",    "LOCKS", "SIGPENDING",
                                                  "MSGQUEUE", "NICE",   "RTPRIO",  "RTTIME"};
  Json object('{');
  for (size_t i = 0; i < kNames.size(); ++i) {
    rlimit limit{};
    getrlimit(static_cast<__rlimit_resource_t>(i), &limit);
    object.add(std::string("RLIMIT_") + kNames[i], numbers(std::array<rlim_t, 2>{limit.rlim_cur, limit.rlim_max}));
  }
  return object.text();
}

// {number: what it is}, without the one that reads the directory.
std::string descriptors() {
  Json object('{');
  DIR* directory = opendir("/proc/self/fd");
  if (directory == nullptr) return object.text();
  while (const dirent* entry = readdir(directory)) {
    const std::string name = entry->d_name;
    if (name[0] == '.' || name == std::to_string(dirfd(directory))) continue;
    object.add_text(name, read_link("/proc/self/fd/" + name));
  }
  closedir(directory);
  return object.text();
}

std::string namespaces() {
  Json object('{');
  for (const char* name : {"pid", "net", "mnt", "ipc", "uts", "user", "cgroup", "time"}) {
    struct stat info {};
    const bool known = stat((std::string("/proc/self/ns/") + name).c_str(), &info) == 0;
    object.add(name, known ? static_cast<long long>(info.st_ino) : 0);
  }
  return object.text();
}

// Terminal on stdin: null or its name and size.
std::string terminal() {
  if (isatty(0) == 0) return "null";
  winsize size{};
  ioctl(0, TIOCGWINSZ, &size);
  Json object('{');
  object.add_text("name", read_link("/proc/self/fd/0"));
  object.add("rows", size.ws_row);
  object.add("columns", size.ws_col);
  object.add("foreground", tcgetpgrp(0));
  return object.text();
}

std::string affinity() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  std::vector<int> cpus;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) cpus.push_back(cpu);
  }
  return numbers(cpus);
}

// sched_getattr(2), which the C library declares from 2.41 on.
std::string scheduler() {
  struct {
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
  } attr{};
  syscall(SYS_sched_getattr, 0, &attr, sizeof attr, 0);
  Json object('{');
  object.add("flags", static_cast<long long>(attr.flags));
  object.add("runtime", static_cast<long long>(attr.runtime));
  object.add("deadline", static_cast<long long>(attr.deadline));
  object.add("period", static_cast<long long>(attr.period));
  return object.text();
}

// Mode with its flags, and the nodes among the first 64: get_mempolicy(2).
std::string memory_policy() {
  int mode = -1;
  std::array<unsigned long, 16> nodes{};
  syscall(SYS_get_mempolicy, &mode, nodes.data(), nodes.size() * 64, nullptr, 0);
  Json object('{');
  object.add("mode", mode);
  object.add("nodes", static_cast<long long>(nodes[0]));
  return object.text();
}

// In nanoseconds.
std::string clocks() {
  Json object('{');
  for (const auto& [name, number] : {std::pair{"monotonic", CLOCK_MONOTONIC}, std::pair{"boottime", CLOCK_BOOTTIME}}) {
    timespec time{};
    clock_gettime(number, &time);
    object.add(name, time.tv_sec * 1'000'000'000LL + time.tv_nsec);
  }
  return object.text();
}

void add_identity(Json& report) {
  std::array<uid_t, 3> uids{};
  std::array<gid_t, 3> gids{};
  getresuid(&uids[0], &uids[1], &uids[2]);
  getresgid(&gids[0], &gids[1], &gids[2]);
  report.add("pid", getpid());
  report.add("ppid", getppid());
  report.add("sid", getsid(0));
  report.add("pgid", getpgrp());
  report.add("uids", numbers(uids));
  report.add("gids", numbers(gids));
  report.add("groups", groups());
  report.add("uid_map", lines(read_file("/proc/self/uid_map")));
  report.add("gid_map", lines(read_file("/proc/self/gid_map")));
}

void add_limits(Json& report) {
  const mode_t mask = umask(0);
  umask(mask);
  report.add("umask", mask);
  report.add("rlimits", limits());
  report.add("oom_score_adj", std::atoll(read_file("/proc/self/oom_score_adj").c_str()));
  report.add("policy", sched_getscheduler(0));
  sched_param parameters{};
  sched_getparam(0, &parameters);
  report.add("priority", parameters.sched_priority);
  report.add("nice", getpriority(PRIO_PROCESS, 0));
  report.add("io_priority", syscall(SYS_ioprio_get, 1, 0));
  report.add("scheduler", scheduler());
  report.add("memory_policy", memory_policy());
  report.add("clocks", clocks());
  report.add("affinity", affinity());
  report.add("personality", personality(0xffffffff));
  report.add("securebits", prctl(PR_GET_SECUREBITS));
  report.add("dumpable", prctl(PR_GET_DUMPABLE));
}

// Empty without SELinux.
std::string label_of_key(long key) {
  std::array<char, 256> label{};
  const long size = syscall(SYS_keyctl, 17 /* KEYCTL_GET_SECURITY */, key, label.data(), label.size() - 1);
  return size > 0 ? label.data() : "";
}

} // namespace

int main(int /*argc*/, char** argv) {
  Json report('{');
  report.add("fds", descriptors());
  add_identity(report);
  add_limits(report);
  report.add("args", strings(argv));
  report.add("env", strings(environ));
  std::array<char, PATH_MAX> cwd{};
  report.add_text("cwd", getcwd(cwd.data(), cwd.size()) == nullptr ? "" : cwd.data());
  report.add_text("exe", read_link("/proc/self/exe"));
  report.add("status", status());
  report.add("namespaces", namespaces());
  utsname names{};
  uname(&names);
  report.add_text("hostname", names.nodename);
  report.add_text("domainname", names.domainname);
  report.add_text("machine", names.machine);
  report.add("mounts", lines(read_file("/proc/self/mountinfo")));
  report.add("cgroup", lines(read_file("/proc/self/cgroup")));
  report.add("terminal", terminal());
  report.add_text("label", read_file("/proc/self/attr/current"));
  const long keyring = syscall(SYS_keyctl, 0 /* KEYCTL_GET_KEYRING_ID */, -3 /* session */, 0);
  report.add("keyring", keyring);
  report.add_text("keyring_label", label_of_key(keyring));
  std::puts(report.text().c_str());
  return 0;
}
