// The kernel floor: the system calls that bundle "a" of the benchmark cannot do without, and nothing else. No reading
// of its config.json, no checks, no error messages.
//   floor run|create|start|delete STATE_DIR ROOTFS CGROUP_DIR...   (the cgroup2 directory, if any, first)
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

// <sys/mount.h> and <linux/mount.h> do not go together before glibc 2.37.
extern "C" int umount2(const char*, int);

namespace {

constexpr unsigned kNosuid = MOUNT_ATTR_NOSUID, kNodev = MOUNT_ATTR_NODEV, kNoexec = MOUNT_ATTR_NOEXEC;
constexpr unsigned kReadOnly = MOUNT_ATTR_RDONLY;
constexpr unsigned kTreeFlags = OPEN_TREE_CLONE | O_CLOEXEC;
constexpr int kDetach = 2;

template <class... Arguments> long call(long number, Arguments... arguments) {
  const long result = ::syscall(number, arguments...);
  if (result >= 0) return result;
  std::perror("floor");
  ::_exit(1);
}

int open_in(int root, const char* path) {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT;
  return static_cast<int>(::syscall(SYS_openat2, root, path, &how, sizeof how));
}

struct Option {
  const char *key, *value;
};

int make_mount(const char* type, unsigned attributes, std::initializer_list<Option> options = {}) {
  const auto context = static_cast<int>(call(SYS_fsopen, type, FSOPEN_CLOEXEC));
  for (const Option& o : options)
    call(SYS_fsconfig, context, o.value != nullptr ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, o.key, o.value, 0);
  call(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0);
  const auto mount = static_cast<int>(call(SYS_fsmount, context, FSMOUNT_CLOEXEC, attributes));
  ::close(context);
  return mount;
}

void attach(int mount, int target) {
  call(SYS_move_mount, mount, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
  ::close(target);
}

int clone_of(int file) {
  return static_cast<int>(call(SYS_open_tree, file, "", kTreeFlags | AT_EMPTY_PATH));
}

void set_attributes(int mount, unsigned flags, uint64_t attributes, uint64_t propagation) {
  mount_attr attr{};
  attr.attr_set = attributes;
  attr.propagation = propagation;
  call(SYS_mount_setattr, mount, "", AT_EMPTY_PATH | flags, &attr, sizeof attr);
}

// Its nodes are made while it is still detached.
int make_dev() {
  const int dev = make_mount("tmpfs", kNosuid | MOUNT_ATTR_STRICTATIME, {{"mode", "755"}, {"size", "65536k"}});
  struct Node {
    const char* name;
    unsigned major, minor;
  };
  for (const Node& n : {Node{"null", 1, 3}, Node{"zero", 1, 5}, Node{"full", 1, 7}, Node{"tty", 5, 0},
                        Node{"random", 1, 8}, Node{"urandom", 1, 9}})
    call(SYS_mknodat, dev, n.name, S_IFCHR | 0666, makedev(n.major, n.minor));
  for (const Option& l :
       {Option{"/proc/self/fd", "fd"}, Option{"/proc/self/fd/0", "stdin"}, Option{"/proc/self/fd/1", "stdout"},
        Option{"/proc/self/fd/2", "stderr"}, Option{"pts/ptmx", "ptmx"}})
    call(SYS_symlinkat, l.key, dev, l.value);
  for (const char* name : {"pts", "shm", "mqueue"}) call(SYS_mkdirat, dev, name, 0755);
  return dev;
}

void mount_all(int root, int cgroup) {
  attach(make_mount("proc", 0), open_in(root, "proc"));
  attach(make_dev(), open_in(root, "dev"));
  attach(make_mount("devpts", kNosuid | kNoexec,
                    {{"newinstance", nullptr}, {"ptmxmode", "0666"}, {"mode", "0620"}, {"gid", "5"}}),
         open_in(root, "dev/pts"));
  attach(make_mount("tmpfs", kNosuid | kNodev | kNoexec, {{"mode", "1777"}, {"size", "65536k"}}),
         open_in(root, "dev/shm"));
  attach(make_mount("mqueue", kNosuid | kNodev | kNoexec), open_in(root, "dev/mqueue"));
  attach(make_mount("sysfs", kNosuid | kNodev | kNoexec | kReadOnly), open_in(root, "sys"));
  if (cgroup >= 0) attach(cgroup, open_in(root, "sys/fs/cgroup"));
}

void mask(int root) {
  const int null = open_in(root, "dev/null");
  int empty = -1;
  for (const char* path : {"proc/acpi", "proc/kcore", "proc/keys", "proc/latency_stats", "proc/timer_list",
                           "proc/timer_stats", "proc/sched_debug", "sys/firmware", "proc/scsi"}) {
    const int target = open_in(root, path);
    if (target < 0) continue;
    struct stat st;
    (void)::fstat(target, &st);
    if (!S_ISDIR(st.st_mode)) {
      attach(clone_of(null), target);
    } else if (empty < 0) {
      empty = make_mount("tmpfs", kReadOnly | kNosuid | kNodev | kNoexec);
      attach(empty, target);
    } else {
      attach(clone_of(empty), target);
    }
  }
  for (const char* path : {"proc/asound", "proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger"}) {
    const int target = open_in(root, path);
    if (target < 0) continue;
    const int copy = clone_of(target);
    set_attributes(copy, 0, kReadOnly, 0);
    attach(copy, target);
  }
}

void drop_rights() {
  constexpr uint32_t kKept = 1U << CAP_KILL | 1U << CAP_NET_BIND_SERVICE | 1U << CAP_AUDIT_WRITE;
  for (unsigned c = 0; c <= CAP_LAST_CAP; ++c)
    if (c > 31 || !(kKept >> c & 1)) (void)::prctl(PR_CAPBSET_DROP, c);
  call(SYS_setgroups, 0, nullptr);
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{{kKept, kKept, 0}, {0, 0, 0}};
  call(SYS_capset, &header, data);
  (void)::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

[[noreturn]] void be_init(int sync, int fifo, const char* rootfs, int root, int cgroup) {
  char byte = 0;
  if (::read(sync, &byte, 1) != 1) ::_exit(1); // v1: the cgroup is joined
  call(SYS_unshare, CLONE_NEWCGROUP);
  ::setsid();
  ::umask(0);
  const auto lo = static_cast<int>(call(SYS_socket, AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  call(SYS_ioctl, lo, SIOCSIFFLAGS, &request);
  ::close(lo);
  const int top = ::open("/", O_PATH | O_CLOEXEC);
  set_attributes(top, AT_RECURSIVE, 0, 1 << 19);  // MS_SLAVE
  set_attributes(root, AT_RECURSIVE, 0, 1 << 18); // MS_PRIVATE
  attach(root, ::open(rootfs, O_PATH | O_DIRECTORY | O_CLOEXEC));
  mount_all(root, cgroup);
  call(SYS_fchdir, root);
  call(SYS_pivot_root, ".", ".");
  if (::umount2(".", kDetach) != 0 || ::chdir("/") != 0) ::_exit(1);
  mask(root);
  call(SYS_sethostname, "box", 3);
  ::umask(022);
  drop_rights();
  call(SYS_write, sync, "R", 1);
  ::close(sync);
  if (fifo >= 0) call(SYS_read, fifo, &byte, 1);
  (void)::syscall(SYS_close_range, 3, ~0U, 0);
  char name[] = "/bin/true", path[] = "PATH=/bin";
  char *argv[] = {name, nullptr}, *envp[] = {path, nullptr};
  ::execve(name, argv, envp);
  ::_exit(127);
}

int remove(const std::string& state, const std::vector<std::string>& cgroups) {
  (void)::unlink((state + "/fifo").c_str());
  (void)::unlink((state + "/state").c_str());
  (void)::rmdir(state.c_str());
  for (const std::string& directory : cgroups)
    for (int i = 0; i < 2000 && ::rmdir(directory.c_str()) != 0 && errno == EBUSY; ++i) ::usleep(200);
  return 0;
}

int start(const std::string& state) {
  const int fifo = ::open((state + "/fifo").c_str(), O_WRONLY | O_CLOEXEC);
  if (fifo < 0 || ::write(fifo, "0", 1) != 1) return 1;
  return ::unlink((state + "/fifo").c_str());
}

void write_text(const std::string& path, const std::string& text) {
  const auto file = static_cast<int>(call(SYS_openat, AT_FDCWD, path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
  call(SYS_write, file, text.data(), text.size());
  ::close(file);
}

bpf_insn insn(int code, int to, int from, int offset, int32_t value) {
  bpf_insn out{};
  out.code = static_cast<uint8_t>(code);
  out.dst_reg = to & 0xf;
  out.src_reg = from & 0xf;
  out.off = static_cast<int16_t>(offset);
  out.imm = value;
  return out;
}

// The device rules that every container has, in the simplest form: -1 is any number. r1 is the request.
void filter_devices(int cgroup) {
  constexpr int kRules[][3] = {{1, -1, -1}, {2, -1, -1}, {2, 1, 3}, {2, 1, 8}, {2, 1, 7},    {2, 5, 0},
                               {2, 1, 5},   {2, 1, 9},   {2, 5, 1}, {2, 5, 2}, {2, 136, -1}, {2, 10, 200}};
  std::vector<bpf_insn> program;
  for (int i = 0; i < 3; ++i) // access and type, major, minor
    program.push_back(insn(BPF_LDX | BPF_MEM | BPF_W, BPF_REG_2 + i, BPF_REG_1, 4 * i, 0));
  program.push_back(insn(BPF_ALU | BPF_AND | BPF_K, BPF_REG_2, 0, 0, 0xffff));
  for (const auto& rule : kRules) {
    for (int i = 0; i < 3; ++i)
      program.push_back(insn(BPF_JMP | BPF_JNE | BPF_K, BPF_REG_2 + i, 0, rule[i] < 0 ? 0 : 4 - i, rule[i]));
    program.push_back(insn(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 1));
    program.push_back(insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
  }
  program.push_back(insn(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 0));
  program.push_back(insn(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
  bpf_attr load{};
  load.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  load.insns = reinterpret_cast<uintptr_t>(program.data());
  load.insn_cnt = static_cast<uint32_t>(program.size());
  load.license = reinterpret_cast<uintptr_t>("Apache-2.0");
  bpf_attr attach{};
  attach.target_fd = static_cast<uint32_t>(cgroup);
  attach.attach_bpf_fd = static_cast<uint32_t>(call(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load));
  attach.attach_type = BPF_CGROUP_DEVICE;
  attach.attach_flags = BPF_F_ALLOW_MULTI;
  call(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof attach);
}

int make(bool waits, const std::string& state, const char* rootfs, const std::vector<std::string>& cgroups) {
  call(SYS_mkdirat, AT_FDCWD, state.c_str(), 0700);
  int fifo = -1;
  if (waits) {
    (void)::mkfifo((state + "/fifo").c_str(), 0600);
    fifo = ::open((state + "/fifo").c_str(), O_RDWR | O_CLOEXEC);
  }
  int birth = -1;
  for (const std::string& directory : cgroups) {
    call(SYS_mkdirat, AT_FDCWD, directory.c_str(), 0755);
    struct statfs fs;
    if (birth < 0 && ::statfs(directory.c_str(), &fs) == 0 && fs.f_type == 0x63677270)
      birth = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  }
  const int shown = cgroups.empty() ? -1 : ::open(cgroups.front().c_str(), O_PATH | O_CLOEXEC);
  const int cgroup = shown < 0 ? -1 : clone_of(shown);
  const auto root = static_cast<int>(call(SYS_open_tree, AT_FDCWD, rootfs, kTreeFlags | AT_RECURSIVE));
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return 1;
  clone_args args{};
  args.flags = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET | CLONE_CLEAR_SIGHAND;
  args.exit_signal = SIGCHLD;
  if (birth >= 0) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<uint64_t>(birth);
  }
  const long pid = call(SYS_clone3, &args, sizeof args);
  if (pid == 0) {
    ::close(ends[0]);
    be_init(ends[1], fifo, rootfs, root, cgroup);
  }
  ::close(ends[1]);
  for (size_t i = birth >= 0 ? 1 : 0; i < cgroups.size(); ++i)
    write_text(cgroups[i] + "/cgroup.procs", std::to_string(pid));
  char byte = 0;
  if (::write(ends[0], "J", 1) != 1) return 1;
  if (birth >= 0 && cgroups.size() == 1) filter_devices(birth); // cgroup2 alone
  write_text(state + "/state", std::to_string(pid));
  if (::read(ends[0], &byte, 1) != 1) return 1;
  if (waits) return 0;
  int status = 0;
  (void)::waitpid(static_cast<pid_t>(pid), &status, 0);
  (void)remove(state, cgroups);
  return status;
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  const std::string_view command = argv[1];
  const std::string state = argv[2];
  const std::vector<std::string> cgroups(argv + 4, argv + argc);
  if (command == "start") return start(state);
  if (command == "delete") return remove(state, cgroups);
  return make(command == "create", state, argv[3], cgroups);
}
