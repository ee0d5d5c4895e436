// bpf(2).
#include "runtime/sys/bpf.h"

#include <sys/resource.h>
#include <sys/syscall.h>

namespace skiff::sys {

namespace {

// A zeroed bpf_attr: the kernel refuses bits that it does not know.
bpf_attr attributes() {
  bpf_attr out;
  __builtin_memset(&out, 0, sizeof out);
  return out;
}

long call(int command, bpf_attr& attr) {
  return ::syscall(SYS_bpf, command, &attr, sizeof attr);
}

Result<void> checked(long result) {
  if (result < 0) return Errno::last();
  return {};
}

uint32_t number(FdRef fd) {
  return static_cast<uint32_t>(fd.get());
}

bpf_attr attachment(FdRef cgroup, FdRef program) {
  bpf_attr attr = attributes();
  attr.target_fd = number(cgroup);
  attr.attach_bpf_fd = number(program);
  attr.attach_type = BPF_CGROUP_DEVICE;
  return attr;
}

} // namespace

Result<BpfProgram> try_load_device_program(std::span<const bpf_insn> program) {
  static constexpr char license[] = "Apache-2.0"; // no helper is called that would need another
  bpf_attr attr = attributes();
  attr.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  attr.insns = reinterpret_cast<uintptr_t>(program.data());
  attr.insn_cnt = static_cast<uint32_t>(program.size());
  attr.license = reinterpret_cast<uintptr_t>(license);
  const long fd = call(BPF_PROG_LOAD, attr); // close-on-exec by itself
  if (fd < 0) return Errno::last();
  return BpfProgram(static_cast<int>(fd));
}

Result<void> try_attach_device_program(FdRef cgroup, const BpfProgram& program) {
  bpf_attr attr = attachment(cgroup, program);
  attr.attach_flags = BPF_F_ALLOW_MULTI;
  return checked(call(BPF_PROG_ATTACH, attr));
}

Result<void> try_replace_device_program(FdRef cgroup, const BpfProgram& program, const BpfProgram& old) {
  bpf_attr attr = attachment(cgroup, program);
  attr.attach_flags = BPF_F_ALLOW_MULTI | BPF_F_REPLACE;
  attr.replace_bpf_fd = number(old);
  return checked(call(BPF_PROG_ATTACH, attr));
}

Result<void> try_detach_device_program(FdRef cgroup, const BpfProgram& program) {
  bpf_attr attr = attachment(cgroup, program);
  return checked(call(BPF_PROG_DETACH, attr));
}

Result<std::vector<uint32_t>> try_query_device_programs(FdRef cgroup) {
  std::vector<uint32_t> ids(64); // as many as a cgroup can have
  bpf_attr attr = attributes();
  attr.query.target_fd = number(cgroup);
  attr.query.attach_type = BPF_CGROUP_DEVICE;
  attr.query.prog_ids = reinterpret_cast<uintptr_t>(ids.data());
  attr.query.prog_cnt = static_cast<uint32_t>(ids.size());
  if (call(BPF_PROG_QUERY, attr) < 0) return Errno::last();
  ids.resize(attr.query.prog_cnt);
  return ids;
}

Result<BpfProgram> try_bpf_program(uint32_t id) {
  bpf_attr attr = attributes();
  attr.prog_id = id;
  const long fd = call(BPF_PROG_GET_FD_BY_ID, attr);
  if (fd < 0) return Errno::last();
  return BpfProgram(static_cast<int>(fd));
}

void raise_memlock_limit() noexcept {
  const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
  if (::setrlimit(RLIMIT_MEMLOCK, &unlimited) == 0) return;
  rlimit now{};
  if (::getrlimit(RLIMIT_MEMLOCK, &now) != 0) return;
  now.rlim_cur = now.rlim_max;
  (void)::setrlimit(RLIMIT_MEMLOCK, &now);
}

} // namespace skiff::sys
