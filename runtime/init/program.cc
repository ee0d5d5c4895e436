#include "runtime/init/program.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/base/text.h"
#include "runtime/init/stdio.h"
#include "runtime/sys/file.h"
#include "runtime/sys/path.h"

namespace skiff::init {

namespace {

// Field 6 of the line of `uid` in the container's /etc/passwd: passwd(5). No NSS: it would load the host's modules.
std::string home_of(uid_t uid) {
  const sys::RootDir root(sys::open("/", O_PATH | O_DIRECTORY));
  Result<sys::Fd> file = root.try_open("/etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY);
  Result<struct stat> st = file ? sys::try_stat(*file) : Result<struct stat>(Errno{file.error()});
  if (!st || !S_ISREG(st->st_mode)) return "/";
  Result<std::string> text = sys::try_read_all(*file, 1 << 20);
  if (!text) return "/";
  for (const std::string_view line : lines(*text)) {
    const auto fields = split(line, ':');
    if (fields.size() >= 6 && parse_number<uid_t>(fields[2]) == uid) return std::string(fields[5]);
  }
  return "/";
}

std::vector<std::string> complete_env(const launch::ProcessPlan& process) {
  std::vector<std::string> env;
  bool has_home = false;
  for (const std::string& entry : process.env) {
    if (entry == "HOME=") continue;
    has_home = has_home || entry.starts_with("HOME=");
    env.push_back(entry);
  }
  if (!has_home) env.push_back(cat("HOME=", home_of(process.uid)));
  return env;
}

// I2, CVE-2024-21626: a directory of the host that was still open could be the current one.
void verify_cwd() {
  char path[4096];
  const long n = ::syscall(SYS_getcwd, path, sizeof path);
  if (n < 0 && errno == ENOENT) return; // removed meanwhile; the kernel says so for directories inside only
  if (n < 0) throw Error(errno, "failed to verify if current working directory is safe");
  if (path[0] != '/')
    throw Error("current working directory is outside of container mount namespace root -- possible container breakout "
                "detected");
}

std::optional<std::string> enter_cwd(const std::string& cwd) {
  if (::chdir(cwd.c_str()) == 0) {
    verify_cwd();
    return std::nullopt;
  }
  if (errno == EACCES || errno == EPERM) return cwd;
  throw Error(errno, cat("chdir to cwd (", quote(cwd), ") set in config.json failed"));
}

// While it lives, files are reached with the rights of the container's user.
class AsUser {
public:
  explicit AsUser(const launch::ProcessPlan& process) : active_(process.uid != 0) {
    if (!active_) return;
    if (!process.keep_groups) (void)::setgroups(process.groups.size(), process.groups.data());
    (void)::setfsgid(process.gid);
    (void)::setfsuid(process.uid);
  }
  AsUser(const AsUser&) = delete;
  AsUser& operator=(const AsUser&) = delete;
  ~AsUser() {
    if (!active_) return;
    (void)::setfsuid(0); // brings the file capabilities back too
    (void)::setfsgid(0);
  }

private:
  bool active_;
};

// 0, or why `path` cannot be run: as Go's exec.LookPath decides.
int why_not(const std::string& path) {
  struct stat st;
  if (::stat(path.c_str(), &st) != 0) return errno;
  if (S_ISDIR(st.st_mode)) return EISDIR;
  return ::syscall(SYS_faccessat2, AT_FDCWD, path.c_str(), X_OK, AT_EACCESS) == 0 ? 0 : errno;
}

std::string_view path_of(const std::vector<std::string>& env) {
  for (const std::string& entry : env)
    if (entry.starts_with("PATH=")) return std::string_view(entry).substr(5);
  return {};
}

// crun's whole sentence: what calls it knows that by heart. The errno's text has libc's capital here.
std::string missing_as_crun_says(const std::string& name) {
  const bool is_path = name.find('/') != std::string::npos;
  return cat("executable file `", name, "` not found", is_path ? "" : " in $PATH", ": No such file or directory");
}

std::string find_executable(const launch::ProcessPlan& process, const std::vector<std::string>& env) {
  const std::string& name = process.args.front();
  if (name.find('/') != std::string::npos) {
    const int reason = why_not(name);
    if (reason == 0) return name;
    // execve(2) says the latter of a directory, and engines read their exit status 126 out of it.
    if (reason == EISDIR) throw Error(EACCES, cat("exec: ", quote(name), ": is a directory"));
    if (reason == ENOENT && process.says_executable_file) throw Error(missing_as_crun_says(name));
    const bool from_stat = reason != EACCES && reason != EPERM;
    throw Error(reason, cat("exec: ", quote(name), from_stat ? cat(": stat ", name) : ""));
  }
  for (const std::string_view dir : split(path_of(env), ':')) {
    const std::string path = cat(dir.empty() ? "." : dir, "/", name);
    if (path.starts_with('/') && why_not(path) == 0) return path;
  }
  if (process.says_executable_file) throw Error(missing_as_crun_says(name));
  throw Error(cat("exec: ", quote(name), ": executable file not found in $PATH"));
}

} // namespace

Program prepare_program(const launch::ProcessPlan& process) {
  Program program;
  program.cwd_later = enter_cwd(process.cwd);
  program.env = complete_env(process);
  give_stdio_to(process.uid, process.stdio_group);
  if (process.args.empty()) return program; // the container can be created, and not be started
  const bool overrides = process.capabilities.effective >> CAP_DAC_OVERRIDE & 1;
  if (overrides) {
    program.path = find_executable(process, program.env);
  } else {
    const AsUser user(process);
    program.path = find_executable(process, program.env);
  }
  return program;
}

} // namespace skiff::init
