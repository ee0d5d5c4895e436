#include "runtime/init/finish.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>

#include "runtime/base/text.h"
#include "runtime/launch/rlimits.h"
#include "runtime/stub/plan.h"
#include "runtime/sys/file.h"

namespace skiff::init {

namespace {

// The flat block of stub/plan.h: the header, and behind it the pieces it points to.
class Block {
public:
  Block() : bytes_(sizeof(stub::Plan), '\0') {}

  stub::Span add(const void* data, size_t size) {
    if (size == 0) return {0, 0};
    bytes_.resize((bytes_.size() + 7) & ~size_t{7});
    const stub::Span span{static_cast<uint32_t>(bytes_.size()), static_cast<uint32_t>(size)};
    bytes_.append(static_cast<const char*>(data), size);
    return span;
  }
  stub::Span add(const std::string& text) { return add(text.c_str(), text.size() + 1); }

  std::string finish(stub::Plan plan) && {
    plan.size = bytes_.size();
    std::memcpy(bytes_.data(), &plan, sizeof plan);
    return std::move(bytes_);
  }

private:
  std::string bytes_;
};

// A copy of the descriptor that survives the stub's exec, above all that the program is to keep. The one place where a
// descriptor of ours is not close-on-exec.
int place(sys::FdRef fd, unsigned first) {
  if (fd.get() < 0) return -1;
  const int copy = ::fcntl(fd.get(), F_DUPFD, static_cast<int>(first));
  if (copy < 0) throw Error(errno, "hand a descriptor to the last stage");
  return copy;
}

std::string make_block(const Handover& h, unsigned first_unkept) {
  const launch::ProcessPlan& process = h.process;
  const security::CapabilitySets& caps = process.capabilities;
  Block block;
  stub::Plan plan{};
  plan.bounding = caps.bounding;
  plan.effective = caps.effective;
  plan.permitted = caps.permitted;
  plan.inheritable = caps.inheritable;
  plan.ambient = caps.ambient;
  plan.uid = process.uid;
  plan.gid = process.gid;
  plan.groups = block.add(process.groups.data(), process.groups.size() * sizeof(gid_t));
  plan.set_groups = h.may_set_groups && !process.keep_groups;
  plan.no_new_privileges = process.no_new_privileges;
  if (process.seccomp) {
    plan.filter = block.add(process.seccomp->code.data(), process.seccomp->code.size() * sizeof(sock_filter));
    plan.filter_flags = process.seccomp->flags;
    plan.notifies = process.seccomp->notifies;
  }
  plan.path = block.add(h.program.path);
  if (h.program.cwd_later) plan.cwd = block.add(*h.program.cwd_later);
  if (process.label) {
    plan.label = block.add(process.label->text);
    plan.label_file = block.add(process.label->file);
  }
  plan.sync_fd = place(h.sync, first_unkept);
  plan.fifo_fd = place(h.fifo, first_unkept);
  plan.proc_fd = place(h.proc, first_unkept);
  plan.first_unkept_fd = first_unkept;
  plan.started = h.after == After::start;
  return std::move(block).finish(plan);
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> all;
  for (std::string& word : words) all.push_back(word.data());
  all.push_back(nullptr);
  return all;
}

} // namespace

void wait_for_start(const launch::InitPlan& plan, launch::ChildEnd& parent) {
  if (plan.start_by == launch::StartBy::go) return parent.wait_for(launch::Kind::go);
  char byte;
  ssize_t n;
  do n = ::read(plan.fifo.get(), &byte, 1);
  while (n < 0 && errno == EINTR);
  if (n != 1) throw Error("the exec fifo is gone");
}

void load_notifying_filter(launch::ProcessPlan& process, launch::ChildEnd& parent) {
  if (process.no_new_privileges && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    throw Error(errno, "set no_new_privs");
  const sock_fprog program{static_cast<unsigned short>(process.seccomp->code.size()), process.seccomp->code.data()};
  const sys::Fd listener(
      static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, process.seccomp->flags, &program)));
  if (!listener) throw Error(errno, "error loading seccomp filter");
  parent.send_listener(listener);
  parent.wait_for(launch::Kind::go);
  process.seccomp.reset();
}

[[noreturn]] void become_stub(const Handover& h) {
  const unsigned first_unkept = 3 + h.process.kept_fds;
  const sys::Fd memory = sys::try_memfd("plan", 0).or_throw("memfd_create for the plan");
  sys::try_write_all(memory, make_block(h, first_unkept)).or_throw("write the plan");

  std::vector<std::string> args = h.process.args;
  if (args.empty()) args.emplace_back(); // the kernel wants one
  std::vector<std::string> env{cat("SKIFF_PLAN=", place(memory, first_unkept))};
  env.insert(env.end(), h.program.env.begin(), h.program.env.end());
  (void)::umask(h.process.umask);
  launch::set_rlimits(0, h.process.rlimits, launch::Which::others);
  ::execveat(h.stub.get(), "", pointers(args).data(), pointers(env).data(), AT_EMPTY_PATH);
  throw Error(errno, "exec the last stage");
}

} // namespace skiff::init
