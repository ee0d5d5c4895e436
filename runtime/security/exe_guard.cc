#include "runtime/security/exe_guard.h"

#include <fcntl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/log/log.h"
#include "runtime/sys/executable.h"
#include "runtime/sys/file.h"

namespace skiff::security {

namespace {

void copy_to(sys::FdRef copy, const sys::Fd& image) {
  constexpr size_t kMost = 1 << 30;
  ssize_t n;
  do n = ::sendfile(copy.get(), image.get(), nullptr, kMost);
  while (n > 0);
  if (n < 0) throw Error(errno, "copy /proc/self/exe");
}

// As they were given to this process: the kernel keeps them.
std::vector<char*> words_of(std::string& text) {
  std::vector<char*> words;
  for (size_t at = 0; at < text.size(); at += std::char_traits<char>::length(text.data() + at) + 1)
    words.push_back(text.data() + at);
  words.push_back(nullptr);
  return words;
}

} // namespace

void run_from_sealed_copy() {
  const sys::Fd image = sys::open("/proc/self/exe", O_RDONLY);
  if (sys::is_made_executable(image)) return;
  in([] { return "ensure that the runtime's executable is out of the container's reach"; },
     [&] {
       const sys::Fd copy = sys::make_executable("skiff", [&](sys::FdRef file) { copy_to(file, image); });
       log::debug("exeseal: using a sealed copy of /proc/self/exe");
       std::string arguments = sys::read_file("/proc/self/cmdline");
       (void)::execveat(copy.get(), "", words_of(arguments).data(), environ, AT_EMPTY_PATH);
       throw Error(errno, "execveat");
     });
}

} // namespace skiff::security
