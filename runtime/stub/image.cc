#include "runtime/stub/image.h"

#include "runtime/base/error.h"
#include "runtime/sys/executable.h"
#include "runtime/sys/file.h"

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

// Nobody, the container's root included, can change what the runtime executes (I1).
sys::Fd sealed_image() {
  return in([] { return "make the last stage"; },
            [] {
              return sys::make_executable("stub",
                                          [](sys::FdRef file) { sys::try_write_all(file, image()).or_throw("write"); });
            });
}

} // namespace skiff::stub
