// Looks for some time at what can be seen of the other processes through /proc, as an attacker in the container would,
// and prints each thing once: "exe TARGET", "cwd TARGET", "root TARGET", "fd TARGET".
//
//   spy MILLISECONDS

#include <cctype>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <set>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace {

std::set<std::string> seen;

void look(const std::string& what, const std::string& path) {
  char target[4096];
  const ssize_t size = readlink(path.c_str(), target, sizeof target);
  if (size <= 0) return;
  std::string line = what + " " + std::string(target, static_cast<size_t>(size));
  // The host's root looks like the container's in this text.
  struct stat other {
  }, own{};
  if (line.ends_with(" /") && stat(path.c_str(), &other) == 0 && stat("/", &own) == 0)
    if (other.st_ino != own.st_ino || other.st_dev != own.st_dev) line += " of others";
  seen.insert(line);
}

void look_at_process(const std::string& pid) {
  for (const char* what : {"exe", "cwd", "root"}) look(what, "/proc/" + pid + "/" + what);
  const std::string folder = "/proc/" + pid + "/fd";
  DIR* fds = opendir(folder.c_str());
  if (fds == nullptr) return;
  while (const dirent* entry = readdir(fds))
    if (std::isdigit(static_cast<unsigned char>(entry->d_name[0])) != 0) look("fd", folder + "/" + entry->d_name);
  closedir(fds);
}

} // namespace

int main(int argc, char** argv) {
  using clock = std::chrono::steady_clock;
  const auto end = clock::now() + std::chrono::milliseconds(argc > 1 ? std::atoi(argv[1]) : 1000);
  const std::string own = std::to_string(getpid());
  std::puts("ready");
  std::fflush(stdout);
  while (clock::now() < end) {
    DIR* all = opendir("/proc");
    while (const dirent* entry = readdir(all))
      if (std::isdigit(static_cast<unsigned char>(entry->d_name[0])) != 0 && own != entry->d_name)
        look_at_process(entry->d_name);
    closedir(all);
  }
  for (const std::string& line : seen) std::puts(line.c_str());
  return 0;
}
