// One hook: a child with three pipes, fed and drained in one poll loop until its pidfd says that it has ended.
#include "hooks/runner.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstdint>
#include <optional>

#include "hooks/ending.h"
#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/sys/fd.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"

namespace skiff::hooks {

namespace {

constexpr size_t kKept = 4096;   // bytes of each stream for the error
constexpr size_t kChunk = 65536; // one read; a pipe holds no more by default
constexpr int kStatusFd = 3;     // the child's, until its exec
constexpr int kExecFailed = 127; // as a shell does; nobody sees it

// What the child tells before it has become the hook. Nothing is sent when it has.
struct StartFailure {
  enum class Step : int { directory, exec } step;
  int code;
};

// All that the child needs, made before the clone.
class Command {
public:
  Command(const oci::Hook& hook, const Surroundings& surroundings)
      : path_(hook.path.c_str()), directory_(surroundings.directory.c_str()), exec_(surroundings.exec),
        args_(to_pointers(hook.args)) {
    if (hook.args.empty()) args_ = {path_, nullptr};
    const std::vector<std::string>* env = hook.env.empty() ? surroundings.default_env : &hook.env;
    if (env != nullptr) env_ = to_pointers(*env);
  }

  // Becomes the hook; comes back only to say why not.
  StartFailure exec() const {
    if (*directory_ != '\0' && ::chdir(directory_) != 0) return {StartFailure::Step::directory, errno};
    char* const* args = const_cast<char* const*>(args_.data());
    char* const* env = env_.empty() ? environ : const_cast<char* const*>(env_.data());
    if (exec_) {
      exec_(path_, args, env);
    } else {
      (void)::execve(path_, args, env);
    }
    return {StartFailure::Step::exec, errno};
  }

private:
  static std::vector<const char*> to_pointers(const std::vector<std::string>& texts) {
    std::vector<const char*> pointers;
    for (const std::string& text : texts) pointers.push_back(text.c_str());
    pointers.push_back(nullptr);
    return pointers;
  }

  const char* path_;
  const char* directory_;
  const std::function<void(const char*, char* const*, char* const*)>& exec_;
  std::vector<const char*> args_;
  std::vector<const char*> env_; // empty = the caller's; else ends with null
};

struct Pipes {
  sys::Pipe in = sys::make_pipe();
  sys::Pipe out = sys::make_pipe();
  sys::Pipe err = sys::make_pipe();
  sys::Pipe status = sys::make_pipe();
};

// clone3's CLONE_CLEAR_SIGHAND resets handlers; what is ignored or blocked survives it, and would survive the exec.
void reset_signals() {
  struct sigaction standard {};
  standard.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) (void)::sigaction(signal, &standard, nullptr);
  sigset_t none;
  (void)::sigemptyset(&none);
  (void)::sigprocmask(SIG_SETMASK, &none, nullptr);
}

// Puts the pipes' ends at 0 to 3, from wherever they are, and closes the rest (I2).
bool place_descriptors(const Pipes& pipes, const Surroundings& surroundings) {
  const int out = surroundings.out.get() >= 0 ? surroundings.out.get() : pipes.out.writer.get();
  const int err = surroundings.err.get() >= 0 ? surroundings.err.get() : pipes.err.writer.get();
  const std::array<int, 4> wanted{pipes.in.reader.get(), out, err, pipes.status.writer.get()};
  std::array<int, 4> away{};
  for (size_t i = 0; i < wanted.size(); ++i)
    if ((away[i] = ::fcntl(wanted[i], F_DUPFD_CLOEXEC, kStatusFd + 1)) < 0) return false;
  for (int target = 0; target < kStatusFd; ++target)
    if (::dup2(away[static_cast<size_t>(target)], target) < 0) return false;
  if (::dup3(away[kStatusFd], kStatusFd, O_CLOEXEC) < 0) return false;
  // All of ours is close-on-exec; this is for what the runtime has inherited. No loss on a kernel without it (< 5.9).
  (void)::syscall(SYS_close_range, kStatusFd + 1, UINT_MAX, surroundings.exec ? CLOSE_RANGE_CLOEXEC : 0);
  return true;
}

[[noreturn]] void become_hook(const Command& command, const Pipes& pipes, const Surroundings& surroundings) {
  reset_signals();
  if (place_descriptors(pipes, surroundings)) {
    const StartFailure failure = command.exec();
    (void)!::write(kStatusFd, &failure, sizeof failure);
  } else {
    const StartFailure failure{StartFailure::Step::exec, errno};
    (void)!::write(pipes.status.writer.get(), &failure, sizeof failure);
  }
  ::_exit(kExecFailed);
}

// The last bytes of what a hook has written to one stream.
class Tail {
public:
  explicit Tail(sys::PipeReader source) : source_(std::move(source)) {}

  int fd() const noexcept { return source_.get(); } // -1 after its end
  const std::string& text() const noexcept { return text_; }

  // Takes what is there, at most one chunk. False when there is nothing.
  bool take() {
    if (!source_) return false;
    std::string chunk(kChunk, '\0');
    const ssize_t got = ::read(source_.get(), chunk.data(), chunk.size());
    if (got < 0) return errno == EINTR;
    if (got == 0) {
      source_.reset();
      return false;
    }
    text_.append(chunk, 0, static_cast<size_t>(got));
    if (text_.size() > kKept) text_.erase(0, text_.size() - kKept);
    return true;
  }

private:
  sys::PipeReader source_;
  std::string text_;
};

// Feeds the state to a hook that need not read it. The reading end is kept open here as well, so that there is no
// SIGPIPE whatever the hook does.
class Feed {
public:
  Feed(sys::Pipe pipe, std::string_view bytes) : pipe_(std::move(pipe)), rest_(bytes) { give(); }

  int fd() const noexcept { return pipe_.writer.get(); } // -1 when all is written

  void give() {
    const ssize_t sent = ::write(pipe_.writer.get(), rest_.data(), rest_.size());
    if (sent > 0) rest_.remove_prefix(static_cast<size_t>(sent));
    if (rest_.empty()) pipe_.writer.reset(); // the hook sees the end
  }

private:
  sys::Pipe pipe_;
  std::string_view rest_;
};

int64_t now_ms() {
  timespec now{};
  (void)::clock_gettime(CLOCK_MONOTONIC, &now);
  return int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

// For poll(2): milliseconds until `deadline`, -1 without one.
int remaining_ms(const std::optional<int64_t>& deadline) {
  if (!deadline) return -1;
  return static_cast<int>(std::clamp<int64_t>(*deadline - now_ms(), 0, INT_MAX));
}

// Serves the pipes until the hook has ended. False when the deadline comes first.
bool serve(const sys::PidFd& process, Feed& in, Tail& out, Tail& err, const std::optional<int64_t>& deadline) {
  for (;;) {
    std::array<pollfd, 4> waited{{{process.get(), POLLIN, 0},
                                  {in.fd(), POLLOUT, 0}, // poll(2) skips a negative descriptor
                                  {out.fd(), POLLIN, 0},
                                  {err.fd(), POLLIN, 0}}};
    const int ready = ::poll(waited.data(), waited.size(), remaining_ms(deadline));
    if (ready < 0 && errno != EINTR) throw Error(errno, "poll");
    if (ready > 0) {
      if (waited[0].revents != 0) return true;
      if (waited[1].revents != 0) in.give();
      if (waited[2].revents != 0) (void)out.take();
      if (waited[3].revents != 0) (void)err.take();
    }
    // Asked even after an event: a hook that writes all the time must not live longer for it.
    if (deadline && now_ms() >= *deadline) return false;
  }
}

// What is still in the pipes. Not until their end: a child that the hook left behind may hold them open, and write on.
void drain(Tail& tail) {
  for (size_t left = (1 << 20) / kChunk; left > 0 && tail.take();) --left;
}

void set_nonblocking(const sys::Fd& fd) {
  if (::fcntl(fd.get(), F_SETFL, O_NONBLOCK) != 0) throw Error(errno, "fcntl");
}

std::optional<StartFailure> read_start_failure(const sys::PipeReader& status) {
  StartFailure failure{};
  if (::read(status.get(), &failure, sizeof failure) != sizeof failure) return std::nullopt;
  return failure;
}

} // namespace

void run_hook(const oci::Hook& hook, std::string_view state, const Surroundings& surroundings) {
  const Command command(hook, surroundings);
  Pipes pipes;
  set_nonblocking(pipes.in.writer);
  set_nonblocking(pipes.out.reader);
  set_nonblocking(pipes.err.reader);
  set_nonblocking(pipes.status.reader);

  std::optional<int64_t> deadline;
  if (hook.timeout) deadline = now_ms() + int64_t{*hook.timeout} * 1000;
  const sys::Child child = sys::try_clone({}).or_throw([&] { return cat("fork/exec ", hook.path); });
  if (child.pid == 0) become_hook(command, pipes, surroundings);
  pipes.out.writer.reset();
  pipes.err.writer.reset();

  Feed in(std::move(pipes.in), state);
  Tail out(std::move(pipes.out.reader));
  Tail err(std::move(pipes.err.reader));
  const bool in_time = serve(child.pidfd, in, out, err, deadline);
  if (!in_time) (void)child.pidfd.try_signal(SIGKILL);
  const sys::ExitStatus status = child.pidfd.try_wait().or_throw("waitid");
  if (!in_time) throw Error(cat("hook ran past specified timeout of ", *hook.timeout, ".0s"));

  if (const std::optional<StartFailure> failure = read_start_failure(pipes.status.reader))
    throw Error(failure->code, failure->step == StartFailure::Step::directory ? cat("chdir ", surroundings.directory)
                                                                              : cat("fork/exec ", hook.path));
  if (status.shell_code() == 0) return;
  drain(out);
  drain(err);
  throw HookFailed(status, cat(describe(status), ", stdout: ", out.text(), ", stderr: ", err.text()));
}

} // namespace skiff::hooks
