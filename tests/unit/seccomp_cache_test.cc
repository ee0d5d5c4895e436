// The cache of compiled filters: what it keeps, and what it does not trust (I13). No root but for one case.
#include "runtime/security/seccomp_cache.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "runtime/base/error.h"
#include "tests/unit/catch.h"

namespace fs = std::filesystem;
namespace security = skiff::security;
using security::cache_name;
using security::compile_cached;

namespace {

oci::Seccomp denying(const std::string& name) {
  oci::Seccomp profile;
  profile.default_action = oci::SeccompAction::allow;
  profile.syscalls = {{.names = {name}, .action = oci::SeccompAction::errno_, .errno_ret = {}, .args = {}}};
  return profile;
}

bool same(const std::vector<sock_filter>& a, const std::vector<sock_filter>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(sock_filter)) == 0;
}

class Cache {
public:
  Cache() {
    char name[] = "/tmp/skiff-seccomp-XXXXXX";
    top_ = ::mkdtemp(name);
  }
  ~Cache() { fs::remove_all(top_); }
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;

  std::string dir() const { return top_ + "/.cache/seccomp"; }
  std::string file(const oci::Seccomp& profile) const { return dir() + "/" + cache_name(profile); }
  bool right(const oci::Seccomp& profile) const {
    return same(compile_cached(profile, dir()).code, security::compile(profile).code);
  }
  size_t count() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(dir()), fs::directory_iterator()));
  }

private:
  std::string top_;
};

std::string bytes_of(const std::string& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  ::chmod(path.c_str(), 0600);
}

mode_t mode_of(const std::string& path) {
  struct stat found {};
  REQUIRE(::lstat(path.c_str(), &found) == 0);
  return found.st_mode;
}

} // namespace

TEST_CASE("a filter is kept and found again", "[unit][seccomp]") {
  const Cache cache;
  const oci::Seccomp profile = denying("mkdir");
  CHECK(cache.right(profile));
  CHECK(mode_of(cache.dir()) == (S_IFDIR | 0700));
  CHECK(mode_of(cache.file(profile)) == (S_IFREG | 0600));
  // Proof that the file is used: another filter's file under this name.
  const oci::Seccomp other = denying("rmdir");
  CHECK(cache.right(other));
  write_file(cache.file(profile), bytes_of(cache.file(other)));
  CHECK(same(compile_cached(profile, cache.dir()).code, security::compile(other).code));
}

TEST_CASE("the name depends on the code and on nothing else", "[unit][seccomp]") {
  const oci::Seccomp profile = denying("mkdir");
  CHECK(cache_name(profile).size() == 64);
  CHECK(cache_name(profile) != cache_name(denying("rmdir")));
  oci::Seccomp same_code = profile;
  same_code.listener_path = "/run/agent.sock";
  same_code.listener_metadata = "data";
  same_code.flags.emplace();
  CHECK(cache_name(profile) == cache_name(same_code));
  oci::Seccomp other = profile;
  other.default_errno_ret = 38;
  CHECK(cache_name(profile) != cache_name(other));
}

TEST_CASE("flags and refusals are the same from the cache", "[unit][seccomp]") {
  const Cache cache;
  oci::Seccomp profile = denying("mkdir");
  (void)compile_cached(profile, cache.dir());
  profile.flags = std::vector<std::string>{"SECCOMP_FILTER_FLAG_LOG"};
  CHECK(compile_cached(profile, cache.dir()).flags == SECCOMP_FILTER_FLAG_LOG);
  CHECK(cache.count() == 1);
  profile.flags = std::vector<std::string>{"NONE"};
  CHECK_THROWS_AS(compile_cached(profile, cache.dir()), skiff::Error);
}

TEST_CASE("files that fail a check are compiled anew and replaced", "[unit][seccomp]") {
  const Cache cache;
  const oci::Seccomp profile = denying("mkdir");
  REQUIRE(cache.right(profile));
  const std::string file = cache.file(profile);
  const std::string good = bytes_of(file);
  const auto restored = [&] {
    return cache.right(profile) && bytes_of(file) == good && mode_of(file) == (S_IFREG | 0600);
  };

  SECTION("a byte changed") {
    std::string bad = good;
    bad[9] ^= 1;
    write_file(file, bad);
    CHECK(restored());
  }
  SECTION("cut short") {
    write_file(file, good.substr(0, good.size() - 8));
    CHECK(restored());
  }
  SECTION("not whole instructions") {
    write_file(file, good + "x");
    CHECK(restored());
  }
  SECTION("empty") {
    write_file(file, "");
    CHECK(restored());
  }
  SECTION("too large") {
    write_file(file, std::string(8 * 5000, '\0'));
    CHECK(restored());
  }
  SECTION("writable by others") {
    ::chmod(file.c_str(), 0620);
    CHECK(restored());
  }
  SECTION("a symlink") {
    fs::rename(file, cache.dir() + "/elsewhere");
    fs::create_symlink("elsewhere", file);
    CHECK(restored());
  }
  SECTION("a FIFO") {
    fs::remove(file);
    REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
    CHECK(restored());
  }
  SECTION("a directory") {
    fs::remove(file);
    fs::create_directory(file);
    CHECK(cache.right(profile));
  }
  SECTION("of another user") {
    if (::geteuid() != 0) return; // only root can give files away
    REQUIRE(::chown(file.c_str(), 1, 1) == 0);
    CHECK(restored());
  }
}

TEST_CASE("a directory that is not ours alone is left alone", "[unit][seccomp]") {
  const Cache cache;
  const oci::Seccomp profile = denying("mkdir");
  fs::create_directories(cache.dir());
  SECTION("readable by others") {
    ::chmod(cache.dir().c_str(), 0755);
    CHECK(cache.right(profile));
    CHECK(cache.count() == 0);
  }
  SECTION("of another user") {
    ::chmod(cache.dir().c_str(), 0700);
    if (::geteuid() != 0 || ::chown(cache.dir().c_str(), 1, 1) != 0) return;
    CHECK(cache.right(profile));
    CHECK(cache.count() == 0);
  }
  SECTION("a file") {
    fs::remove(cache.dir());
    write_file(cache.dir(), "");
    CHECK(cache.right(profile));
  }
}

TEST_CASE("the cache is bounded, the longest unused go first", "[unit][seccomp]") {
  const Cache cache;
  const oci::Seccomp kept = denying("mkdir"), old = denying("rmdir");
  REQUIRE(cache.right(kept));
  REQUIRE(cache.right(old));
  const auto age = [](const std::string& file, long seconds) {
    const timespec times[2] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT},
                               {.tv_sec = ::time(nullptr) - seconds, .tv_nsec = 0}};
    ::utimensat(AT_FDCWD, file.c_str(), times, 0);
  };
  for (size_t i = cache.count(); i < security::kMaxCachedFilters; ++i) {
    write_file(cache.dir() + "/" + std::to_string(i), "");
    age(cache.dir() + "/" + std::to_string(i), 10000);
  }
  age(cache.file(kept), 30000);
  age(cache.file(old), 20000);
  REQUIRE(cache.right(kept)); // a use makes it young again
  REQUIRE(cache.right(denying("chroot")));
  CHECK(cache.count() == security::kMaxCachedFilters);
  CHECK(fs::exists(cache.file(kept)));
  CHECK_FALSE(fs::exists(cache.file(old)));
}
