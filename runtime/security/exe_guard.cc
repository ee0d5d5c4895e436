#include "runtime/security/exe_guard.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "runtime/base/error.h"
#include "runtime/log/log.h"
#include "runtime/sys/file.h"
#include "runtime/sys/uapi.h"

namespace skiff::security {

namespace {

constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

bool is_sealed(const sys::Fd& image) {
  const int seals = ::fcntl(image.get(), F_GET_SEALS);
  return seals >= 0 && (seals & kSeals) == kSeals;
}

sys::Fd copy_of(const sys::Fd& image) {
  Result<sys::Fd> made = sys::try_memfd("skiff", MFD_ALLOW_SEALING | MFD_EXEC);
  if (!made && made.error() == EINVAL) made = sys::try_memfd("skiff", MFD_ALLOW_SEALING); // before 6.3
  sys::Fd copy = std::move(made).or_throw("memfd_create");
  constexpr size_t kMost = 1 << 30;
  ssize_t n;
  do n = ::sendfile(copy.get(), image.get(), nullptr, kMost);
  while (n > 0);
  if (n < 0) throw Error(errno, "copy /proc/self/exe");
  if (::fcntl(copy.get(), F_ADD_SEALS, kSeals) != 0) throw Error(errno, "seal");
  return copy;
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
  if (is_sealed(image)) return;
  in([] { return "ensure that the runtime's executable is out of the container's reach"; },
     [&] {
       const sys::Fd copy = copy_of(image);
       log::debug("exeseal: using a sealed copy of /proc/self/exe");
       std::string arguments = sys::read_file("/proc/self/cmdline");
       (void)::execveat(copy.get(), "", words_of(arguments).data(), environ, AT_EMPTY_PATH);
       throw Error(errno, "execveat");
     });
}

} // namespace skiff::security
