#include "runtime/launch/idmap.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/scope.h"
#include "runtime/base/text.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"

namespace skiff::launch {

namespace {

std::string map_text(const IdMaps& maps) {
  std::string text;
  for (const oci::IdMapping& m : maps) text += cat(m.container_id, ' ', m.host_id, ' ', m.size, '\n');
  return text;
}

// newuidmap(1) and newgidmap(1) are set-uid helpers that allow what /etc/subuid and /etc/subgid grant.
void run_helper(const char* program, int pid, const IdMaps& maps) {
  std::vector<std::string> words{program, cat(pid)};
  for (const oci::IdMapping& m : maps)
    for (const uint32_t number : {m.container_id, m.host_id, m.size}) words.push_back(cat(number));
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  const sys::Child child = sys::try_clone({}).or_throw(program);
  if (child.pid == 0) {
    ::execvp(program, argv.data());
    ::_exit(127);
  }
  const sys::ExitStatus status = child.pidfd.try_wait().or_throw(program);
  if (status.code == 127) throw Error(cat(program, " is needed to map more than one id, and is not installed"));
  if (status.shell_code() != 0) throw Error(cat(program, " refused the mappings (status ", status.shell_code(), ")"));
}

Result<void> try_write_map(int pid, const char* file, std::string_view text) {
  return sys::try_write_file(sys::FdRef(sys::kCwd), cat("/proc/", pid, "/", file).c_str(), text);
}

} // namespace

uint32_t host_id(uint32_t id, const IdMaps& maps) {
  for (const oci::IdMapping& m : maps)
    if (id >= m.container_id && id - m.container_id < m.size) return m.host_id + (id - m.container_id);
  throw Error(cat("the container's user namespace does not map id ", id));
}

bool can_map_any_id() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  if (::syscall(SYS_capget, &header, data) != 0) return false;
  constexpr uint32_t kNeeded = 1U << CAP_SETUID | 1U << CAP_SETGID;
  return (data[0].effective & kNeeded) == kNeeded;
}

void write_id_maps(int pid, const IdMaps& uids, const IdMaps& gids) {
  const bool privileged = can_map_any_id();
  // Without privilege the kernel takes a gid map only once setgroups(2) is given up (CVE-2014-8989).
  if (!privileged) (void)try_write_map(pid, "setgroups", "deny");
  if (!uids.empty()) {
    const Result<void> done = try_write_map(pid, "uid_map", map_text(uids));
    if (!done && done.error() == EPERM && !privileged) {
      run_helper("newuidmap", pid, uids);
    } else if (!done) {
      throw Error(done.error(), cat("failed to write the uid mappings (", trim(map_text(uids)), ")"));
    }
  }
  if (!gids.empty()) {
    const Result<void> done = try_write_map(pid, "gid_map", map_text(gids));
    if (!done && done.error() == EPERM && !privileged) {
      run_helper("newgidmap", pid, gids);
    } else if (!done) {
      throw Error(done.error(), cat("failed to write the gid mappings (", trim(map_text(gids)), ")"));
    }
  }
}

namespace {

oci::IdMapping parse_range(std::string_view text, const IdMaps& container) {
  const bool relative = text.starts_with('@');
  const std::vector<std::string_view> numbers = split(relative ? text.substr(1) : text, '-');
  std::optional<uint32_t> first, second, size;
  if (numbers.size() == 3) {
    first = parse_number<uint32_t>(numbers[0]);
    second = parse_number<uint32_t>(numbers[1]);
    size = parse_number<uint32_t>(numbers[2]);
  }
  if (!first || !second || !size) throw Error(cat("invalid id mapping ", quote(text)));
  return {*first, relative ? host_id(*second, container) : *second, *size};
}

} // namespace

CustomMaps parse_id_map(std::string_view text, const IdMaps& uids, const IdMaps& gids) {
  CustomMaps maps;
  for (const std::string_view part : split(text, ';')) {
    const bool is_uids = part.starts_with("uids=");
    if (!is_uids && !part.starts_with("gids=")) throw Error(cat("invalid option of idmap ", quote(part)));
    for (const std::string_view range : split(part.substr(5), '#'))
      (is_uids ? maps.uids : maps.gids).push_back(parse_range(range, is_uids ? uids : gids));
  }
  if (maps.uids.empty() || maps.gids.empty()) throw Error("idmap must have both uids and gids");
  return maps;
}

sys::Fd make_user_namespace(const IdMaps& uids, const IdMaps& gids) {
  const int own_pid = ::getpid();
  const sys::Child child = sys::try_clone({.flags = CLONE_NEWUSER}).or_throw("clone for an idmapped mount");
  if (child.pid == 0) sys::hold_for(own_pid);
  const Scope end([&] {
    (void)child.pidfd.try_signal(SIGKILL);
    (void)child.pidfd.try_wait();
  });
  write_id_maps(child.pid, uids, gids);
  return sys::open(cat("/proc/", child.pid, "/ns/user"), O_RDONLY);
}

bool may_set_groups(int pid) {
  Result<std::string> text = sys::try_read_file(sys::FdRef(sys::kCwd), cat("/proc/", pid, "/setgroups").c_str());
  return !text || !text->starts_with("deny");
}

} // namespace skiff::launch
