#include "runtime/stub/image.h"

#include <fcntl.h>
#include <sys/mman.h>

#include "runtime/base/error.h"
#include "runtime/sys/file.h"
#include "runtime/sys/uapi.h"

// Made by `ld -r -b binary`, which names them after the file's path in the build directory.
extern "C" {
extern const char _binary_runtime_stub_stub_elf_start[];
extern const char _binary_runtime_stub_stub_elf_end[];
}

namespace skiff::stub {

std::string_view image() {
  return {_binary_runtime_stub_stub_elf_start,
          static_cast<size_t>(_binary_runtime_stub_stub_elf_end - _binary_runtime_stub_stub_elf_start)};
}

sys::Fd sealed_image() {
  Result<sys::Fd> made = sys::try_memfd("stub", MFD_ALLOW_SEALING | MFD_EXEC);
  if (!made && made.error() == EINVAL) made = sys::try_memfd("stub", MFD_ALLOW_SEALING); // before 6.3
  sys::Fd memfd = std::move(made).or_throw("memfd_create for the last stage");
  sys::try_write_all(memfd, image()).or_throw("write the last stage");
  // Nobody, the container's root included, can change what the runtime executes (I1).
  if (::fcntl(memfd.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
    throw Error(errno, "seal the last stage");
  return memfd;
}

} // namespace skiff::stub
