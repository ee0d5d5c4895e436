// Hooks as processes: what they get, what becomes of their output, and that they cannot hold the runtime up. No root.
#include "hooks/runner.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "hooks/ending.h"
#include "hooks/moment.h"
#include "hooks/run.h"
#include "runtime/base/error.h"
#include "runtime/log/log.h"
#include "tests/unit/catch.h"

using skiff::hooks::run_hook;
using skiff::hooks::Surroundings;

namespace {

oci::Hook shell(const std::string& script) {
  oci::Hook hook;
  hook.path = "/bin/sh";
  hook.args = {"sh", "-c", script};
  return hook;
}

// The error's text, empty for success.
std::string run(const oci::Hook& hook, std::string_view state = "{}", const Surroundings& surroundings = {}) {
  try {
    run_hook(hook, state, surroundings);
  } catch (const skiff::Error& error) {
    return error.what();
  }
  return "";
}

// A directory that goes with the test.
class Directory {
public:
  Directory() {
    char name[] = "/tmp/skiff-hooks-XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~Directory() { std::filesystem::remove_all(path_); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  std::string file(const std::string& name) const { return path_ + "/" + name; }
  std::string read(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(file(name)).rdbuf();
    return text.str();
  }

private:
  std::string path_;
};

template <class Body> double seconds_of(Body&& body) {
  timespec begin{}, end{};
  ::clock_gettime(CLOCK_MONOTONIC, &begin);
  body();
  ::clock_gettime(CLOCK_MONOTONIC, &end);
  return static_cast<double>(end.tv_sec - begin.tv_sec) + static_cast<double>(end.tv_nsec - begin.tv_nsec) / 1e9;
}

} // namespace

TEST_CASE("the table of moments is complete and in order", "[unit][hooks]") {
  using namespace skiff::hooks;
  for (size_t i = 0; i < kMoments.size(); ++i) CHECK(static_cast<size_t>(kMoments[i].moment) == i);
  oci::Hooks hooks;
  hooks.start_container.resize(3);
  CHECK(hooks_of(hooks, Moment::startContainer).size() == 3);
  CHECK(hooks_of(hooks, Moment::poststop).empty());
  CHECK(rules_of(Moment::poststop).on_failure == OnFailure::warn);
  CHECK(rules_of(Moment::createContainer).path_in == Place::runtime);
}

TEST_CASE("a hook gets the state on its standard input, and its end", "[unit][hooks]") {
  const Directory dir;
  CHECK(run(shell("cat > " + dir.file("state")), "{\"id\":\"x\"}") == "");
  CHECK(dir.read("state") == "{\"id\":\"x\"}");
}

TEST_CASE("a state larger than a pipe reaches the hook whole", "[unit][hooks]") {
  const Directory dir;
  const std::string state(3 << 20, 's');
  CHECK(run(shell("cat > " + dir.file("state")), state) == "");
  CHECK(dir.read("state") == state);
}

TEST_CASE("a hook need not read the state", "[unit][hooks]") {
  const std::string state(3 << 20, 's');
  CHECK(run(shell("exit 0"), state) == "");
  CHECK(run(shell("exec <&-; exit 0"), state) == "");
  CHECK(run(shell("exec <&-; sleep 0.1; exit 3"), state) == "exit status 3, stdout: , stderr: ");
}

TEST_CASE("failures are told in runc's words", "[unit][hooks]") {
  CHECK(run(shell("exit 7")) == "exit status 7, stdout: , stderr: ");
  CHECK(run(shell("echo out; echo err >&2; exit 1")) == "exit status 1, stdout: out\n, stderr: err\n");
  CHECK(run(shell("kill -9 $$")) == "signal: killed, stdout: , stderr: ");
  oci::Hook hook;
  hook.path = "/nonexistent/hook";
  CHECK(run(hook) == "fork/exec /nonexistent/hook: no such file or directory");
  hook.path = "/etc/passwd";
  CHECK(run(hook) == "fork/exec /etc/passwd: permission denied");
  hook.path = "sh"; // no search in PATH
  CHECK(run(hook) == "fork/exec sh: no such file or directory");
  CHECK(run(shell("exit 0"), "{}", {.directory = "/nonexistent", .default_env = nullptr}) ==
        "chdir /nonexistent: no such file or directory");
}

TEST_CASE("signals have Go's names", "[unit][hooks]") {
  using skiff::hooks::describe;
  CHECK(describe({.code = 2, .signal = 0}) == "exit status 2");
  CHECK(describe({.code = 0, .signal = SIGSYS}) == "signal: bad system call");
  CHECK(describe({.code = 0, .signal = SIGSEGV}) == "signal: segmentation fault");
  CHECK(describe({.code = 0, .signal = SIGTERM}) == "signal: terminated");
  CHECK(describe({.code = 0, .signal = 40}) == "signal: signal 40");
}

TEST_CASE("a hook that runs too long is killed", "[unit][hooks]") {
  for (const char* script : {"exec sleep 60", "trap '' TERM; while :; do echo flood; echo flood >&2; done"}) {
    oci::Hook hook = shell(script);
    hook.timeout = 1;
    std::string error;
    CHECK(seconds_of([&] { error = run(hook); }) < 5);
    CHECK(error == "hook ran past specified timeout of 1.0s");
  }
}

TEST_CASE("a flood of output does not block, and its end is kept", "[unit][hooks]") {
  const std::string error = run(shell("head -c 3000000 /dev/zero | tr '\\0' x; echo last >&2; echo tail; exit 1"));
  CHECK(error.size() < 9000);
  CHECK(error.find("xxxtail\n, stderr: last\n") != std::string::npos);
  CHECK(run(shell("head -c 3000000 /dev/zero")) == "");
}

TEST_CASE("a child that a hook leaves behind is not waited for", "[unit][hooks]") {
  CHECK(seconds_of([] { (void)run(shell("sleep 3 & exit 0")); }) < 2);
  CHECK(seconds_of([] { (void)run(shell("sleep 3 & exit 1")); }) < 2);
}

TEST_CASE("arguments and environment are exactly the hook's", "[unit][hooks]") {
  const Directory dir;
  oci::Hook hook;
  hook.path = "/bin/sh";
  hook.args = {"other-name", "-c",
               "tr '\\0' '\\n' < /proc/$$/cmdline > $OUT.args; tr '\\0' '\\n' < /proc/$$/environ > $OUT.env", "",
               "two words"};
  hook.env = {"OUT=" + dir.file("got"), "PATH=/usr/bin:/bin", "EMPTY="};
  REQUIRE(run(hook) == "");
  CHECK(dir.read("got.args") == hook.args[0] + "\n-c\n" + hook.args[2] + "\n\ntwo words\n");
  CHECK(dir.read("got.env") == hook.env[0] + "\n" + hook.env[1] + "\n" + hook.env[2] + "\n");
}

TEST_CASE("without arguments the first is the path", "[unit][hooks]") {
  oci::Hook hook;
  hook.path = "/bin/false";
  CHECK(run(hook) == "exit status 1, stdout: , stderr: ");
}

TEST_CASE("a hook without env gets the default, or what the caller has", "[unit][hooks]") {
  const std::vector<std::string> env{"ONE=two"};
  const std::vector<std::string> none;
  const oci::Hook hook = shell("test \"$ONE\" = two");
  CHECK(run(hook, "{}", {.directory = "", .default_env = &env}) == "");
  CHECK(run(hook, "{}", {.directory = "", .default_env = &none}) != "");
  ::setenv("ONE", "two", 1);
  CHECK(run(hook) == "");
  ::unsetenv("ONE");
  CHECK(run(hook) != "");
}

TEST_CASE("a hook starts in the directory that is asked for", "[unit][hooks]") {
  CHECK(run(shell("test \"$(/bin/pwd)\" = /usr"), "{}", {.directory = "/usr", .default_env = nullptr}) == "");
}

TEST_CASE("a hook has no descriptor but its three", "[unit][hooks]") {
  const int leaked = ::open("/", O_RDONLY | O_DIRECTORY); // not close-on-exec
  const int high = ::fcntl(leaked, F_DUPFD, 200);
  const Directory dir;
  oci::Hook hook;
  hook.path = "/bin/ls";
  hook.args = {"ls", "/proc/self/fd", "/nonexistent"}; // fails, and so shows what it printed
  hook.env = {"LC_ALL=C"};
  // Number 3 is the directory that ls itself reads.
  CHECK(run(hook).find("stdout: /proc/self/fd:\n0\n1\n2\n3\n, stderr:") != std::string::npos);
  ::close(high);
  ::close(leaked);
}

TEST_CASE("a hook has no signal blocked or ignored", "[unit][hooks]") {
  sigset_t blocked, before;
  sigfillset(&blocked);
  ::sigprocmask(SIG_SETMASK, &blocked, &before);
  const auto pipe_before = ::signal(SIGPIPE, SIG_IGN);
  const std::string text = run(shell("grep -E '^Sig(Blk|Ign)' /proc/self/status; exit 1"));
  ::signal(SIGPIPE, pipe_before);
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  CHECK(text.find("SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n") != std::string::npos);
}

TEST_CASE("hooks work when the runtime was started with its standard descriptors closed", "[unit][hooks]") {
  const int saved = ::fcntl(0, F_DUPFD_CLOEXEC, 100);
  ::close(0);
  const std::string text = run(shell("cat; echo err >&2; exit 1"), "state");
  ::dup2(saved, 0);
  ::close(saved);
  CHECK(text == "exit status 1, stdout: state, stderr: err\n");
}

TEST_CASE("hooks can be run by pid 1 of a container", "[unit][hooks]") {
  if (::geteuid() != 0) {
    WARN("skipped: a pid namespace needs root");
    return;
  }
  const pid_t outer = ::fork();
  if (outer == 0) {
    if (::unshare(CLONE_NEWPID) != 0) ::_exit(2);
    const pid_t init = ::fork();
    if (init == 0) {
      oci::Hook slow = shell("exec sleep 60");
      slow.timeout = 1;
      const bool right = ::getpid() == 1 && run(shell("test $$ -ne 1 && cat")) == "" &&
                         run(shell("exit 4")) == "exit status 4, stdout: , stderr: " &&
                         run(slow) == "hook ran past specified timeout of 1.0s";
      ::_exit(right ? 0 : 1);
    }
    int status = 0;
    ::waitpid(init, &status, 0);
    ::_exit(WEXITSTATUS(status));
  }
  int status = 0;
  ::waitpid(outer, &status, 0);
  CHECK(status == 0);
}

TEST_CASE("the hooks of a moment run in order, until one fails", "[unit][hooks]") {
  using skiff::hooks::Moment;
  const Directory dir;
  const std::string out = dir.file("out");
  oci::Hooks hooks;
  hooks.create_runtime = {shell("echo 0 >> " + out), shell("cat >> " + out), shell("exit 5"),
                          shell("echo 3 >> " + out)};
  hooks.poststart = {shell("cat >> " + out)};
  oci::State state;
  state.id = "box";
  state.status = oci::Status::created; // of these the table says nothing
  std::string error;
  try {
    skiff::hooks::run(Moment::createRuntime, hooks, state, {});
  } catch (const skiff::Error& failure) {
    error = failure.what();
  }
  CHECK(error == "error running createRuntime hook #2: exit status 5, stdout: , stderr: ");
  CHECK(dir.read("out") == "0\n" + oci::to_json(state));
  skiff::hooks::run(Moment::poststart, hooks, state, {});
  const std::string before = "0\n" + oci::to_json(state);
  state.status = oci::Status::running;
  CHECK(dir.read("out") == before + oci::to_json(state));
}

TEST_CASE("a poststop hook that fails is only logged", "[unit][hooks]") {
  const Directory dir;
  oci::Hooks hooks;
  hooks.poststop = {shell("exit 1"), shell("touch " + dir.file("second"))};
  skiff::log::open({.file = dir.file("log")});
  skiff::hooks::run(skiff::hooks::Moment::poststop, hooks, {}, {});
  skiff::log::open({});
  CHECK(std::filesystem::exists(dir.file("second")));
  CHECK(dir.read("log").find("error running poststop hook #0: exit status 1, stdout: , stderr: , ignoring") !=
        std::string::npos);
}
