#include "runtime/checkpoint/request.h"

#include "runtime/base/text.h"
#include "runtime/checkpoint/protocol.h"
#include "runtime/log/log.h"
#include "runtime/sys/file.h"

namespace skiff::checkpoint {

Directories open_directories(const CriuOptions& options, std::string_view log_name) {
  constexpr mode_t kMode = 0700; // a process's memory is in there
  Directories directories;
  directories.images = sys::open_dir(options.image_path);
  const std::string& log_dir = options.work_path.empty() ? options.image_path : options.work_path;
  if (!options.work_path.empty()) {
    sys::make_dirs(options.work_path, kMode);
    directories.work = sys::open_dir(options.work_path);
  }
  directories.log = cat(log_dir, '/', log_name);
  return directories;
}

Directories reopen_in(int pid, const Directories& directories) {
  const auto reopen = [&](const sys::DirFd& dir) {
    if (!dir) return sys::DirFd();
    // Without symlinks, which would lead back into our own.
    const std::string path = sys::real_path(cat("/proc/self/fd/", dir.get()));
    return sys::open_dir(cat("/proc/", pid, "/root", path));
  };
  return {.images = reopen(directories.images), .work = reopen(directories.work), .log = directories.log};
}

Message common_request(const CriuOptions& options, const Directories& directories, std::string_view log_name,
                       const Record& record) {
  constexpr unsigned kLogDebug = 4;
  Message out;
  out.number(opts::kImagesDirFd, static_cast<uint64_t>(directories.images.get()));
  if (directories.work) out.number(opts::kWorkDirFd, static_cast<uint64_t>(directories.work.get()));
  out.number(opts::kLogLevel, kLogDebug).text(opts::kLogFile, log_name);
  out.number(opts::kNotifyScripts, 1).number(opts::kOrphanPtsMaster, 1);
  const unsigned cgroups_mode = record.cgroup.empty() ? kIgnoreCgroups : options.cgroups_mode;
  out.number(opts::kManageCgroups, 1).number(opts::kManageCgroupsMode, cgroups_mode);
  out.number(opts::kEmptyNs, options.empty_ns);
  const auto flag = [&](unsigned field, bool value) { out.number(field, value ? 1 : 0); };
  flag(opts::kTcpEstablished, options.tcp_established);
  flag(opts::kExtUnixSk, options.ext_unix_sk);
  flag(opts::kShellJob, options.shell_job);
  flag(opts::kFileLocks, options.file_locks);
  flag(opts::kAutoDedup, options.auto_dedup);
  flag(opts::kLazyPages, options.lazy_pages);
  if (options.network_lock != 0) out.number(opts::kNetworkLock, options.network_lock);
  // What it says has precedence over all this. A file that is missing criu does without.
  const auto annotated = record.annotations.find("org.criu.config");
  const std::string& config = annotated == record.annotations.end() ? options.config_file : annotated->second;
  if (!config.empty()) out.text(opts::kConfigFile, config);
  return out;
}

void add_pair(Message& opts, unsigned field, std::string_view first, std::string_view second) {
  opts.message(field, Message().text(pair::kFirst, first).text(pair::kSecond, second));
}

void add_pair(Message& opts, unsigned field, std::string_view first, uint64_t second) {
  opts.message(field, Message().text(pair::kFirst, first).number(pair::kSecond, second));
}

void quote_errors(const std::string& log) {
  Result<std::string> text = sys::try_read_file(sys::FdRef(sys::kCwd), log.c_str());
  if (!text) return log::warn(cat("open ", log, ": ", errno_text(text.error())));
  log::warn(cat("--- Quoting ", quote(log)));
  for (const std::string_view line : lines(*text))
    if (line.find("Error") != std::string_view::npos) log::warn(line);
  log::warn("---");
}

} // namespace skiff::checkpoint
