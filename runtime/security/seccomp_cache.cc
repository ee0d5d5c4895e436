// A file of the cache is the program, one sock_filter after the other, and a check sum of the same size as one.
#include "runtime/security/seccomp_cache.h"

#include <fcntl.h>
#include <seccomp.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "oci-spec/spec.h"
#include "runtime/base/error.h"
#include "runtime/base/hash.h"
#include "runtime/base/text.h"
#include "runtime/security/seccomp_names.h"
#include "runtime/sys/fd.h"
#include "runtime/sys/file.h"

namespace skiff::security {

namespace {

// To be raised when the same profile would be compiled to other code, or kept in another form.
constexpr int kFormat = 2;
constexpr mode_t kDirMode = 0700;
constexpr mode_t kFileMode = 0600;
// A file's time is its last use. It is not written at each use: an hour is exact enough.
constexpr time_t kUseGrain = 3600;

// FNV-1a over 8 bytes at a time. Against a file that is damaged, not against one that is forged: who can write here is
// the runtime's own user.
uint64_t check_sum(std::string_view bytes) {
  uint64_t sum = 0xcbf29ce484222325;
  for (; bytes.size() >= sizeof sum; bytes.remove_prefix(sizeof sum)) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data(), sizeof word);
    sum = (sum ^ word) * 0x100000001b3;
  }
  return sum;
}

std::string to_bytes(const std::vector<sock_filter>& code) {
  std::string bytes(reinterpret_cast<const char*>(code.data()), code.size() * sizeof(sock_filter));
  const uint64_t sum = check_sum(bytes);
  bytes.append(reinterpret_cast<const char*>(&sum), sizeof sum);
  return bytes;
}

// Nothing for bytes that to_bytes() has not made.
std::optional<std::vector<sock_filter>> to_code(std::string_view bytes) {
  uint64_t sum = 0;
  if (bytes.size() % sizeof(sock_filter) != 0 || bytes.size() < sizeof(sock_filter) + sizeof sum) return std::nullopt;
  std::memcpy(&sum, bytes.data() + bytes.size() - sizeof sum, sizeof sum);
  bytes.remove_suffix(sizeof sum);
  if (check_sum(bytes) != sum || bytes.size() / sizeof(sock_filter) > BPF_MAXINSNS) return std::nullopt;
  std::vector<sock_filter> code(bytes.size() / sizeof(sock_filter));
  std::memcpy(code.data(), bytes.data(), bytes.size());
  return code;
}

// The directory, if it is ours alone.
std::optional<sys::Fd> open_cache(const std::string& path) {
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
  Result<sys::Fd> dir = sys::try_open(sys::FdRef(sys::kCwd), path.c_str(), kFlags);
  if (!dir && dir.error() == ENOENT) {
    try {
      sys::make_dirs(path, kDirMode);
    } catch (const Error&) {
      return std::nullopt;
    }
    dir = sys::try_open(sys::FdRef(sys::kCwd), path.c_str(), kFlags);
  }
  if (!dir) return std::nullopt;
  Result<struct stat> found = sys::try_stat(*dir);
  if (!found || found->st_uid != ::geteuid() || (found->st_mode & 07777) != kDirMode) return std::nullopt;
  return std::move(*dir);
}

std::optional<std::vector<sock_filter>> load(const sys::Fd& dir, const std::string& name) {
  // O_NONBLOCK: a FIFO under this name shall not hold us up before it is refused.
  Result<sys::Fd> file = sys::try_open(dir, name.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (!file) return std::nullopt;
  Result<struct stat> found = sys::try_stat(*file);
  if (!found || !S_ISREG(found->st_mode) || found->st_uid != ::geteuid() || (found->st_mode & 07777) != kFileMode)
    return std::nullopt;
  constexpr size_t kMaxSize = (BPF_MAXINSNS + 1) * sizeof(sock_filter);
  Result<std::string> bytes = sys::try_read_all(*file, kMaxSize);
  if (!bytes) return std::nullopt;
  std::optional<std::vector<sock_filter>> code = to_code(*bytes);
  if (code && ::time(nullptr) - found->st_mtim.tv_sec > kUseGrain) (void)::futimens(file->get(), nullptr);
  return code;
}

// Gives an O_TMPFILE file its name. The direct way needs CAP_DAC_READ_SEARCH, the other one procfs.
bool link_file(const sys::Fd& file, const sys::Fd& dir, const std::string& name) {
  if (::linkat(file.get(), "", dir.get(), name.c_str(), AT_EMPTY_PATH) == 0) return true;
  const std::string path = cat("/proc/self/fd/", file.get());
  return ::linkat(AT_FDCWD, path.c_str(), dir.get(), name.c_str(), AT_SYMLINK_FOLLOW) == 0;
}

// Removes the files longest unused, until `kMaxCachedFilters` are left.
void evict(const sys::Fd& dir) {
  Result<std::vector<std::string>> names = sys::try_list_dir(dir);
  if (!names || names->size() <= kMaxCachedFilters) return;
  std::vector<std::pair<timespec, std::string>> files;
  for (std::string& name : *names) {
    Result<struct stat> found = sys::try_stat(dir, name.c_str(), AT_SYMLINK_NOFOLLOW);
    if (found) files.emplace_back(found->st_mtim, std::move(name));
  }
  const auto older = [](const auto& a, const auto& b) {
    return std::pair(a.first.tv_sec, a.first.tv_nsec) < std::pair(b.first.tv_sec, b.first.tv_nsec);
  };
  std::sort(files.begin(), files.end(), older);
  for (size_t i = 0; i + kMaxCachedFilters < files.size(); ++i) (void)sys::try_unlink(dir, files[i].second.c_str());
}

// Every failure is silent: the cache is an offer.
void keep(const sys::Fd& dir, const std::string& name, const std::vector<sock_filter>& code) {
  // Never visible half written. Another runtime that keeps the same at the same time is as good as this one.
  Result<sys::Fd> file = sys::try_open(dir, ".", O_TMPFILE | O_WRONLY, kFileMode);
  if (!file) return;
  if (::fchmod(file->get(), kFileMode) != 0) return; // whatever the umask was
  if (!sys::try_write_all(*file, to_bytes(code))) return;
  (void)sys::try_unlink(dir, name.c_str()); // what failed the checks
  if (link_file(*file, dir, name)) evict(dir);
}

// What decides about the code, each in a form that ends by itself, so that no two profiles have the same. Not the
// flags, which are an argument of seccomp(2), nor the listener's.
void add(std::string& key, uint64_t number) {
  char digits[20];
  key.append(digits, std::to_chars(std::begin(digits), std::end(digits), number).ptr);
  key += ' ';
}

void add(std::string& key, const std::vector<std::string>& words) {
  add(key, words.size());
  for (const std::string& word : words) {
    add(key, word.size());
    key += word;
  }
}

void add(std::string& key, oci::SeccompAction action, const std::optional<uint32_t>& errno_ret) {
  add(key, static_cast<uint64_t>(action));
  add(key, errno_ret ? uint64_t{*errno_ret} + 1 : 0);
}

void add(std::string& key, const oci::Seccomp& profile) {
  add(key, profile.default_action, profile.default_errno_ret);
  add(key, profile.architectures);
  for (const oci::SeccompRule& rule : profile.syscalls) {
    add(key, rule.action, rule.errno_ret);
    add(key, rule.names);
    add(key, rule.args.size());
    for (const oci::SeccompArg& arg : rule.args)
      for (const uint64_t number : {uint64_t{arg.index}, arg.value, arg.value_two, static_cast<uint64_t>(arg.op)})
        add(key, number);
  }
}

} // namespace

std::string cache_name(const oci::Seccomp& profile) {
  const scmp_version* version = ::seccomp_version();
  std::string key = cat("skiff seccomp ", kFormat, '\n', ::seccomp_arch_native(), '\n', version->major, '.',
                        version->minor, '.', version->micro, '\n', kernel_action_bits(), '\n');
  add(key, profile);
  return sha256_hex(key);
}

SeccompFilter compile_cached(const oci::Seccomp& profile, const std::string& cache_dir) {
  const std::optional<sys::Fd> dir = open_cache(cache_dir);
  if (!dir) return compile(profile);
  const std::string name = cache_name(profile);
  if (std::optional<std::vector<sock_filter>> code = load(*dir, name)) {
    SeccompFilter filter = prepare(profile);
    filter.code = std::move(*code);
    return filter;
  }
  SeccompFilter filter = compile(profile);
  keep(*dir, name, filter.code);
  return filter;
}

} // namespace skiff::security
