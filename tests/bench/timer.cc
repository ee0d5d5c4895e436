// Times programs for the benchmark: requests on stdin, one answer per line, so that nothing but vfork, execve and wait4
// lies between the two looks at the clock. Fields are separated by tabs:
//   run ARGV...              -> NANOSECONDS STATUS MAXRSS_KB MINOR_FAULTS
//   together N LENGTH ARGV... LENGTH ARGV...   (N commands begun at once) -> as above, of the whole; the worst status
//   pause MILLISECONDS       -> nothing
#include <fcntl.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using Words = std::vector<std::string>;

int64_t now() {
  timespec time{};
  (void)::clock_gettime(CLOCK_MONOTONIC, &time);
  return int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

// Standard output goes nowhere; errors go where the benchmark's own go.
class Quiet {
public:
  Quiet() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions_, 1, "/dev/null", O_WRONLY, 0);
  }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;
  ~Quiet() { ::posix_spawn_file_actions_destroy(&actions_); }
  const posix_spawn_file_actions_t* get() const { return &actions_; }

private:
  posix_spawn_file_actions_t actions_{};
};

pid_t spawn(Words& words, const Quiet& quiet) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = -1;
  if (::posix_spawn(&pid, argv[0], quiet.get(), nullptr, argv.data(), environ) != 0) {
    std::fprintf(stderr, "timer: cannot run %s\n", argv[0]);
    std::exit(1);
  }
  return pid;
}

int code_of(int status) {
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

struct Answer {
  int64_t nanoseconds = 0;
  int status = 0;
  long peak = 0, faults = 0;

  void add(int raw, const rusage& usage) {
    status = std::max(status, code_of(raw));
    peak = std::max(peak, usage.ru_maxrss);
    faults += usage.ru_minflt;
  }
};

// Waits for these alone: a container's first process is also our child (we are the subreaper, as an engine's monitor
// is), and is reaped when nothing is being timed.
Answer run(std::vector<Words>& commands, const Quiet& quiet) {
  Answer answer;
  std::vector<pid_t> pids;
  const int64_t begun = now();
  for (Words& words : commands) pids.push_back(spawn(words, quiet));
  for (const pid_t pid : pids) {
    int status = 0;
    rusage usage{};
    (void)::wait4(pid, &status, 0, &usage);
    answer.nanoseconds = now() - begun;
    answer.add(status, usage);
  }
  while (::waitpid(-1, nullptr, WNOHANG) > 0) continue;
  return answer;
}

Words split(const char* line) {
  Words words(1);
  for (; *line != 0 && *line != '\n'; ++line) {
    if (*line == '\t') {
      words.emplace_back();
    } else {
      words.back().push_back(*line);
    }
  }
  return words;
}

std::vector<Words> commands_of(const Words& request) {
  if (request[0] == "run") return {Words(request.begin() + 1, request.end())};
  std::vector<Words> commands;
  for (size_t at = 2; at < request.size();) {
    const auto begin = request.begin() + static_cast<std::ptrdiff_t>(at) + 1;
    const auto length = std::stol(request[at]);
    commands.emplace_back(begin, begin + length);
    at += static_cast<size_t>(length) + 1;
  }
  return commands;
}

} // namespace

int main() {
  (void)::prctl(PR_SET_CHILD_SUBREAPER, 1);
  const Quiet quiet;
  char* line = nullptr;
  size_t size = 0;
  while (::getline(&line, &size, stdin) > 0) {
    const Words request = split(line);
    if (request[0] == "pause") {
      ::usleep(static_cast<useconds_t>(std::stoul(request[1]) * 1000));
      continue;
    }
    std::vector<Words> commands = commands_of(request);
    const Answer answer = run(commands, quiet);
    std::printf("%lld %d %ld %ld\n", static_cast<long long>(answer.nanoseconds), answer.status, answer.peak,
                answer.faults);
    std::fflush(stdout);
  }
  std::free(line);
  return 0;
}
