// runtime/cgroups/ against the kernel, in the layout of this host and in views of it that have only v1 or only cgroup2.
#include "runtime/cgroups/cgroups.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <functional>

#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/cgroups/layout.h"
#include "runtime/cgroups/tree.h"
#include "runtime/sys/bpf.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"
#include "tests/unit/catch.h"

namespace cg = skiff::cgroups;
using skiff::cat;
using skiff::Error;

namespace {

// True, with a line that says so, when the test cannot run.
bool skip(std::string_view reason) {
  (void)std::printf("skipped: %.*s\n", static_cast<int>(reason.size()), reason.data());
  return true;
}

bool not_here() {
  if (::geteuid() != 0) return skip("not root");
  const auto layout = cg::detect_layout(cg::OwnCgroup::NotNeeded);
  return layout.none() && skip("no cgroup file system");
}

// Whether this host's cgroup2 has the controller.
bool unified_offers(std::string_view controller) {
  return cg::detect_layout(cg::OwnCgroup::NotNeeded).unified_has(controller);
}

bool pids_can_be_limited() {
  return cg::detect_layout(cg::OwnCgroup::NotNeeded).hierarchy_of("pids") != nullptr || unified_offers("pids");
}

cg::Request request(std::string_view name) {
  cg::Request out;
  out.id = cat("skiff-test-", ::getpid(), '-', name);
  out.cgroups_path = cat("/", out.id);
  out.resources.devices.push_back({false, "a", {}, {}, "rwm"});
  return out;
}

std::vector<std::string> directories(const cg::Place& place) {
  std::vector<std::string> out;
  for (const auto& [name, directory] : place.legacy) out.push_back(directory);
  if (!place.unified.empty()) out.push_back(place.unified);
  return out;
}

bool leaves_nothing(const cg::Place& place) {
  for (const auto& directory : directories(place)) {
    if (skiff::sys::exists(directory)) return false;
  }
  return true;
}

// A child of ours in the cgroup, as the runtime makes one.
class Inmate {
public:
  Inmate(cg::Manager& manager, const std::function<void()>& body) {
    const auto place = manager.birth_place();
    skiff::sys::CloneRequest clone;
    if (place) clone.into_cgroup = *place;
    int gate[2];
    REQUIRE(::pipe2(gate, O_CLOEXEC) == 0);
    auto child = skiff::sys::try_clone(clone).or_throw("clone3");
    if (child.pid == 0) {
      char byte;
      (void)::close(gate[1]);
      (void)!::read(gate[0], &byte, 1); // until it is in all its cgroups
      body();
      ::_exit(0);
    }
    pid_ = child.pid;
    manager.join(pid_, skiff::cgroups::Born::InPlace);
    (void)::close(gate[0]);
    (void)::close(gate[1]);
  }
  Inmate(const Inmate&) = delete;
  Inmate& operator=(const Inmate&) = delete;
  ~Inmate() {
    if (pid_ <= 0) return;
    (void)::kill(pid_, SIGKILL);
    (void)::waitpid(pid_, nullptr, 0);
  }
  int pid() const { return pid_; }
  // The signal that ended it.
  int wait() {
    int status = 0;
    REQUIRE(::waitpid(pid_, &status, 0) == pid_);
    pid_ = 0;
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  }

private:
  int pid_ = 0;
};

void sleep_forever() {
  for (;;) ::pause();
}

// Chains of processes each of which makes the next and ends: there are never more than some forty, and never the same
// for long. That is what a list of pids cannot catch.
void bomb() {
  (void)::signal(SIGCHLD, SIG_IGN);
  constexpr int chains = 20;
  for (int i = 0; i < chains; ++i) {
    if (::fork() != 0) continue;
    for (;;) {
      const pid_t next = ::fork();
      if (next > 0) ::_exit(0);
      ::usleep(200);
    }
  }
  sleep_forever();
}

// The whole life of a cgroup with limits and a process.
void live_and_die(std::string_view name) {
  cg::Request wanted = request(name);
  if (pids_can_be_limited()) wanted.resources.pids = oci::PidsLimits{32};
  const auto manager = cg::plan(wanted);
  manager->prepare();
  const auto place = manager->place();
  for (const auto& directory : directories(place)) CHECK(skiff::sys::exists(directory));

  Inmate inmate(*manager, sleep_forever);
  const auto again = cg::open(place);
  CHECK(again->processes() == std::vector{inmate.pid()});
  CHECK_FALSE(again->frozen());
  again->freeze(true);
  CHECK(again->frozen());
  again->freeze(false);
  CHECK_FALSE(again->frozen());

  CHECK_THROWS_WITH(cg::plan(wanted)->prepare(), "container's cgroup is not empty: 1 process(es) found");
  CHECK(again->processes().size() == 1);

  again->freeze(true); // a paused container must die as well
  again->signal_all(SIGKILL);
  CHECK(inmate.wait() == SIGKILL);
  again->remove();
  again->remove(); // nothing there is success
  CHECK(leaves_nothing(place));
  CHECK_THROWS_WITH(again->signal_all(SIGKILL), "cgroup not exist");
}

void outlive_a_bomb(std::string_view name) {
  cg::Request wanted = request(name);
  if (pids_can_be_limited()) wanted.resources.pids = oci::PidsLimits{50};
  const auto manager = cg::plan(wanted);
  manager->prepare();
  Inmate inmate(*manager, bomb);
  while (manager->processes().size() < 5) ::usleep(1000);
  manager->remove();
  CHECK(inmate.wait() == SIGKILL);
  CHECK(leaves_nothing(manager->place()));
}

void signal_some(std::string_view name) {
  const auto manager = cg::plan(request(name));
  manager->prepare();
  Inmate inmate(*manager, sleep_forever);
  manager->signal_all(SIGTERM);
  CHECK(inmate.wait() == SIGTERM);
  manager->remove();
  CHECK(leaves_nothing(manager->place()));
}

void remove_with_children(std::string_view name) {
  const auto manager = cg::plan(request(name));
  manager->prepare();
  const auto place = manager->place();
  for (const auto& directory : directories(place)) {
    REQUIRE(skiff::sys::try_mkdir(skiff::sys::FdRef(skiff::sys::kCwd), cat(directory, "/child").c_str(), 0755));
  }
  Inmate inmate(*manager, sleep_forever);
  if (!place.unified.empty()) cg::write(cat(place.unified, "/child"), "cgroup.procs", cat(inmate.pid()));
  CHECK(manager->processes() == std::vector{inmate.pid()});
  manager->remove();
  CHECK(inmate.wait() == SIGKILL);
  CHECK(leaves_nothing(place));
}

// The exit code of opening /dev/kmsg (1:11, not among the defaults) and of opening /dev/null.
void check_devices(std::string_view name) {
  cg::Request wanted = request(name);
  const auto manager = cg::plan(wanted);
  manager->prepare();
  {
    Inmate inmate(*manager, [] {
      const bool null = ::open("/dev/null", O_RDONLY) >= 0;
      const bool denied = ::open("/dev/kmsg", O_RDONLY) < 0 && errno == EPERM;
      ::raise(null && denied ? SIGUSR1 : SIGUSR2);
    });
    CHECK(inmate.wait() == SIGUSR1);
  }
  manager->remove();
  CHECK(leaves_nothing(manager->place()));
}

void whole_life(std::string_view layout) {
  live_and_die(cat(layout, "-life"));
  outlive_a_bomb(cat(layout, "-bomb"));
  signal_some(cat(layout, "-signal"));
  remove_with_children(cat(layout, "-children"));
  check_devices(cat(layout, "-devices"));
}

// A mount namespace for as long as it lives.
class PrivateMounts {
public:
  PrivateMounts() : old_(skiff::sys::open("/proc/self/ns/mnt", O_RDONLY)) {
    skiff::sys::try_unshare(CLONE_NEWNS).or_throw("unshare");
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) throw Error(errno, "mount");
  }
  PrivateMounts(const PrivateMounts&) = delete;
  PrivateMounts& operator=(const PrivateMounts&) = delete;
  ~PrivateMounts() { (void)!skiff::sys::try_setns(old_, CLONE_NEWNS); }

private:
  skiff::sys::Fd old_;
};

// Mounts it, for a test in its private mounts; says so where that cannot be.
bool shows_only_cgroup2() {
  (void)::umount2("/sys/fs/cgroup", MNT_DETACH);
  if (::mount("none", "/sys/fs/cgroup", "cgroup2", 0, nullptr) == 0) return true;
  (void)skip("cgroup2 cannot be mounted");
  return false;
}

} // namespace

TEST_CASE("a cgroup lives and dies in this host's layout", "[kernel][root]") {
  if (not_here()) return;
  whole_life("host");
}

TEST_CASE("a cgroup lives and dies where there is only cgroup2", "[kernel][root][v2]") {
  if (not_here()) return;
  const PrivateMounts mounts;
  if (!shows_only_cgroup2()) return;
  REQUIRE(cg::detect_layout(cg::OwnCgroup::NotNeeded).only_unified());
  whole_life("unified");

  cg::Request wanted = request("unified-limits");
  const auto manager = [&] {
    wanted.resources.hugepage_limits.push_back({"2MB", 4 << 20});
    return cg::plan(wanted);
  }();
  if (unified_offers("hugetlb")) {
    manager->prepare();
    CHECK(cg::read(manager->place().unified, "hugetlb.2MB.max") == "4194304");
    manager->remove();
    CHECK(leaves_nothing(manager->place()));
  } else {
    (void)skip("cgroup2 does not offer hugetlb here");
  }
  if (!unified_offers("pids")) {
    wanted = request("unified-missing");
    wanted.resources.pids = oci::PidsLimits{5};
    const auto refused = cg::plan(wanted);
    CHECK_THROWS_WITH(
        refused->prepare(),
        Catch::Matchers::StartsWith(
            "unable to apply cgroup configuration: cannot set pids limit: controller \"pids\" is not available in "));
    CHECK(leaves_nothing(refused->place()));
  }
}

TEST_CASE("a cgroup lives and dies where there is only v1", "[kernel][root][v1]") {
  if (not_here()) return;
  if (cg::detect_layout(cg::OwnCgroup::NotNeeded).only_unified()) {
    (void)skip("no v1 hierarchies");
    return;
  }
  const PrivateMounts mounts;
  (void)::umount2("/sys/fs/cgroup/unified", MNT_DETACH);
  REQUIRE(cg::detect_layout(cg::OwnCgroup::NotNeeded).unified_mount.empty());
  whole_life("legacy");
}

TEST_CASE("v1 limits are what the files say afterwards", "[kernel][root][v1]") {
  if (not_here()) return;
  const auto layout = cg::detect_layout(cg::OwnCgroup::NotNeeded);
  for (const std::string_view controller : {"memory", "cpu", "cpuset", "pids"}) {
    if (layout.hierarchy_of(controller) != nullptr) continue;
    (void)skip(cat("no v1 ", controller));
    return;
  }
  cg::Request wanted = request("v1-limits");
  auto& resources = wanted.resources;
  resources.memory.emplace();
  resources.memory->limit = 64 << 20;
  resources.memory->reservation = 32 << 20;
  resources.cpu.emplace();
  resources.cpu->shares = 512;
  resources.cpu->quota = 50000;
  resources.cpu->period = 100000;
  resources.cpu->cpus = "0";
  resources.pids = oci::PidsLimits{0};
  const auto manager = cg::plan(wanted);
  manager->prepare();
  const auto place = manager->place();
  const auto at = [&](const char* controller) { return place.legacy.at(layout.hierarchy_of(controller)->name); };
  CHECK(cg::read(at("memory"), "memory.limit_in_bytes") == "67108864");
  CHECK(cg::read(at("memory"), "memory.soft_limit_in_bytes") == "33554432");
  CHECK(cg::read(at("cpu"), "cpu.shares") == "512");
  CHECK(cg::read(at("cpu"), "cpu.cfs_quota_us") == "50000");
  CHECK(cg::read(at("cpuset"), "cpuset.cpus") == "0");
  CHECK_FALSE(cg::read(at("cpuset"), "cpuset.mems").empty()); // inherited
  CHECK(cg::read(at("pids"), "pids.max") == "1");
  manager->remove();
  CHECK(leaves_nothing(place));
}

TEST_CASE("a refused limit is named and leaves nothing", "[kernel][root][v1]") {
  if (not_here()) return;
  const auto layout = cg::detect_layout(cg::OwnCgroup::NotNeeded);
  if (layout.hierarchy_of("cpu") == nullptr) {
    (void)skip("no v1 cpu");
    return;
  }
  cg::Request wanted = request("parent");
  wanted.cgroups_path += "/child";
  wanted.resources.cpu.emplace();
  wanted.resources.cpu->quota = 1;
  const auto manager = cg::plan(wanted);
  CHECK_THROWS_WITH(manager->prepare(), Catch::Matchers::StartsWith("failed to write \"1\": write ") &&
                                            Catch::Matchers::EndsWith("/cpu.cfs_quota_us: invalid argument"));
  CHECK(leaves_nothing(manager->place()));
  for (const auto& directory : directories(manager->place())) {
    CHECK_FALSE(skiff::sys::exists(directory.substr(0, directory.rfind('/')))); // nor the parents that it made
  }

  wanted.resources.cpu->quota.reset();
  wanted.resources.cpu->shares = 1;
  CHECK_THROWS_WITH(cg::plan(wanted)->prepare(), "the minimum allowed cpu-shares is 2");
}

TEST_CASE("cgroup2 limits are what the files say afterwards", "[kernel][root][v2]") {
  if (not_here()) return;
  for (const std::string_view controller : {"memory", "cpu", "pids"}) {
    if (unified_offers(controller)) continue;
    (void)skip(cat("cgroup2 does not offer ", controller, " here"));
    return;
  }
  cg::Request wanted = request("v2-limits");
  wanted.cgroups_path += "/a/b"; // the controllers reach what is made on the way
  auto& resources = wanted.resources;
  resources.memory.emplace();
  resources.memory->limit = 64 << 20;
  resources.memory->swap = 96 << 20;
  resources.memory->reservation = 32 << 20;
  resources.cpu.emplace();
  resources.cpu->shares = 1024;
  resources.cpu->quota = 50000;
  resources.pids = oci::PidsLimits{20};
  resources.unified = {{"memory.high", "50331648"}, {"pids.max", "7"}};
  const auto manager = cg::plan(wanted);
  manager->prepare();
  const std::string at = manager->place().unified;
  CHECK(cg::read(at, "memory.max") == "67108864");
  CHECK(cg::read(at, "memory.low") == "33554432");
  CHECK(cg::read(at, "memory.high") == "50331648");
  CHECK(cg::read(at, "cpu.weight") == "100");
  CHECK(cg::read(at, "cpu.max") == "50000 100000");
  CHECK(cg::read(at, "pids.max") == "7");
  CHECK(cg::read(at, "cgroup.controllers") == cg::read("/sys/fs/cgroup", "cgroup.controllers"));
  manager->remove();
  CHECK(leaves_nothing(manager->place()));
  cg::remove_below(at.substr(0, at.rfind('/', at.rfind('/') - 1))); // the parents stay, as with every runtime

  wanted = request("v2-unified");
  const auto refusal = [&](const std::string& name) {
    wanted.resources.unified = {{name, "1"}};
    try {
      cg::plan(wanted)->prepare();
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  CHECK(refusal("a/b") == "unified resource \"a/b\" must be a file name (no slashes)");
  CHECK(refusal("nodot") == "unified resource \"nodot\" must be in the form CONTROLLER.PARAMETER");
  CHECK(refusal("none.max") == "unified resource \"none.max\" can't be set: controller \"none\" not available");
  CHECK(refusal("pids.none").starts_with("unable to set unified resource \"pids.none\": open "));
  CHECK(leaves_nothing(cg::plan(wanted)->place()));
}

TEST_CASE("a device filter takes the place of an earlier one", "[kernel][root][v2]") {
  if (not_here()) return;
  const PrivateMounts mounts;
  if (!shows_only_cgroup2()) return;
  const auto begin = [](cg::Manager& manager) {
    manager.prepare();
    (void)Inmate(manager, [] {}).wait(); // who joins brings the filter
  };
  const auto manager = cg::plan(request("filter"));
  begin(*manager);
  const auto programs = [&] { return skiff::sys::try_query_device_programs(*manager->birth_place()).or_throw("bpf"); };
  const auto before = programs();
  CHECK(before.size() == 1);
  begin(*cg::plan(request("filter"))); // into the directory that is there, and empty
  const auto after = programs();
  CHECK(after.size() == 1);
  CHECK(after != before);
  manager->remove();
  CHECK(leaves_nothing(manager->place()));
}

namespace {

std::string refusal_of_devices(const std::string& directory) {
  cg::Place place;
  place.unified = directory;
  const oci::DeviceRule all = {true, "a", {}, {}, "rwm"}; // should it be attached after all, nobody is the worse for it
  try {
    cg::open(place)->update_devices({}, {&all, 1});
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

} // namespace

TEST_CASE("no device filter on what is not the container's alone", "[kernel][root][v2]") {
  if (not_here()) return;
  const PrivateMounts mounts;
  if (!shows_only_cgroup2()) return;
  const std::string root = "/sys/fs/cgroup";
  CHECK(refusal_of_devices(root) ==
        cat("refusing to put a device filter on ", root, ": it is the root of all cgroups"));
  const auto manager = cg::plan(request("own"));
  manager->prepare();
  const std::string directory = manager->place().unified;
  CHECK(refusal_of_devices(directory) == "no error");
  const std::string leaf = cat(directory, "/leaf");
  REQUIRE(::mkdir(leaf.c_str(), 0755) == 0);
  skiff::sys::CloneRequest clone;
  const skiff::sys::DirFd birth = skiff::sys::open_dir(leaf);
  clone.into_cgroup = birth;
  auto child = skiff::sys::try_clone(clone).or_throw("clone3");
  if (child.pid == 0) {
    const auto refused = [](const std::string& where) {
      return refusal_of_devices(where).ends_with(": the runtime itself is in it");
    };
    ::_exit(refused(leaf) && refused(directory) && !refused(cat(leaf, "-absent")) ? 0 : 1);
  }
  CHECK(child.pidfd.try_wait().or_throw("wait").code == 0);
  manager->remove();
  CHECK(leaves_nothing(manager->place()));
}

TEST_CASE("a rootless container does without what it may not have", "[kernel][root]") {
  if (not_here()) return;
  cg::Request wanted = request("rootless");
  const std::string path = std::exchange(wanted.cgroups_path, {});
  wanted.rootless = true;
  constexpr uid_t nobody = 65534;
  REQUIRE(::seteuid(nobody) == 0);
  const auto message = [&] {
    try {
      cg::plan(wanted)->prepare();
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const std::string unlimited = message();
  wanted.resources.pids = oci::PidsLimits{5};
  const std::string limited = message();
  wanted.resources.pids.reset();
  wanted.cgroups_path = path;
  const std::string placed = message();
  REQUIRE(::seteuid(0) == 0);

  CHECK(unlimited.empty());
  const bool informative =
      limited.find("cannot set pids limit: container could not join or create cgroup") != std::string::npos ||
      limited.find("rootless needs no limits + no cgrouppath when no permission is granted") != std::string::npos;
  CHECK(informative);
  CHECK(placed.starts_with("unable to apply cgroup configuration: mkdir "));
  CHECK(placed.ends_with(": permission denied"));
}
