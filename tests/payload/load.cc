// Uses what a cgroup limits, inside a container, and tells how far it got. Static.
//
//   load bomb               every process forks for ever; the first one prints "bomb" once it has begun
//   load fork N             forks N processes that sleep; prints how many there are, then sleeps
//   load burn MS            uses the CPU for so long by the clock; prints the milliseconds of CPU time that it got
//   load memory MIB         touches so much memory; prints "touched", then sleeps
//   load write FILE BYTES   writes past the page cache; prints the milliseconds it took
//   load huge PAGES         asks for so many huge pages of 2 MB; prints 0 or the errno, then sleeps
//   load cpus               prints the CPUs that it may run on
//   load open FILE FLAGS    FLAGS of "rw"; prints 0 or the errno
//   load watch FILE FLAGS   prints the result of opening it each time it changes

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <sched.h>
#include <string>
#include <string_view>
#include <sys/mman.h>
#include <unistd.h>

namespace {

int64_t milliseconds(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void say(const std::string& line) {
  const std::string text = line + "\n";
  if (write(STDOUT_FILENO, text.data(), text.size()) < 0) _exit(2);
}

[[noreturn]] void sleep_for_ever() {
  for (;;) pause();
}

[[noreturn]] void bomb() {
  say("bomb");
  for (;;) {
    if (fork() < 0) sched_yield();
  }
}

[[noreturn]] void fork_sleepers(int wanted) {
  int made = 0;
  while (made < wanted) {
    const pid_t pid = fork();
    if (pid < 0) break;
    if (pid == 0) sleep_for_ever();
    ++made;
  }
  say(std::to_string(made));
  sleep_for_ever();
}

void burn(int64_t length) {
  const int64_t end = milliseconds(CLOCK_MONOTONIC) + length;
  while (milliseconds(CLOCK_MONOTONIC) < end) {
    for (volatile int i = 0; i < 100000;) i = i + 1;
  }
  say(std::to_string(milliseconds(CLOCK_PROCESS_CPUTIME_ID)));
}

[[noreturn]] void touch(size_t mebibytes) {
  const size_t size = mebibytes << 20;
  void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) _exit(2);
  memset(memory, 1, size);
  say("touched");
  sleep_for_ever();
}

// No page is touched: the kernel reserves them, or refuses.
[[noreturn]] void reserve_huge_pages(size_t pages) {
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB;
  const bool done = mmap(nullptr, pages << 21, PROT_READ | PROT_WRITE, kFlags, -1, 0) != MAP_FAILED;
  say(std::to_string(done ? 0 : errno));
  sleep_for_ever();
}

void write_file(const char* path, size_t bytes) {
  int fd = open(path, O_WRONLY | O_CREAT | O_DIRECT, 0600);
  if (fd < 0) fd = open(path, O_WRONLY | O_CREAT | O_SYNC, 0600);
  constexpr size_t block = 65536;
  void* buffer = mmap(nullptr, block, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (fd < 0 || buffer == MAP_FAILED) _exit(2);
  const int64_t begin = milliseconds(CLOCK_MONOTONIC);
  for (size_t done = 0; done < bytes; done += block) {
    if (write(fd, buffer, block) != static_cast<ssize_t>(block)) _exit(3);
  }
  say(std::to_string(milliseconds(CLOCK_MONOTONIC) - begin));
}

void print_cpus() {
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  std::string out;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &set)) out += (out.empty() ? "" : ",") + std::to_string(cpu);
  }
  say(out);
}

int try_open(const char* path, std::string_view flags) {
  const bool reads = flags.find('r') != std::string_view::npos;
  const bool writes = flags.find('w') != std::string_view::npos;
  const int fd = open(path, (reads && writes ? O_RDWR : writes ? O_WRONLY : O_RDONLY) | O_NONBLOCK | O_NOCTTY);
  const int result = fd < 0 ? errno : 0;
  if (fd >= 0) close(fd);
  return result;
}

[[noreturn]] void watch(const char* path, std::string_view flags) {
  for (int last = -1;;) {
    const int now = try_open(path, flags);
    if (now != last) say(std::to_string(now));
    last = now;
    usleep(1000);
  }
}

} // namespace

int main(int argc, char** argv) {
  const std::string_view mode = argc > 1 ? argv[1] : "";
  if (mode == "bomb") bomb();
  if (mode == "fork" && argc > 2) fork_sleepers(atoi(argv[2]));
  if (mode == "memory" && argc > 2) touch(static_cast<size_t>(atol(argv[2])));
  if (mode == "huge" && argc > 2) reserve_huge_pages(static_cast<size_t>(atol(argv[2])));
  if (mode == "watch" && argc > 3) watch(argv[2], argv[3]);
  if (mode == "burn" && argc > 2) burn(atol(argv[2]));
  if (mode == "write" && argc > 3) write_file(argv[2], static_cast<size_t>(atol(argv[3])));
  if (mode == "cpus") print_cpus();
  if (mode == "open" && argc > 3) say(std::to_string(try_open(argv[2], argv[3])));
  return 0;
}
