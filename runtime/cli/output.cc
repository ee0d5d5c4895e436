// Unbuffered: a command prints once.
#include "runtime/cli/output.h"

#include <unistd.h>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"

namespace skiff::cli {

void print(std::string_view text) {
  sys::try_write_all(sys::FdRef(STDOUT_FILENO), text).or_throw("write /dev/stdout");
}

void show(std::string_view text) {
  (void)sys::try_write_all(sys::FdRef(STDOUT_FILENO), text);
}

void complain(std::string_view line) {
  (void)sys::try_write_all(sys::FdRef(STDERR_FILENO), cat(line, '\n'));
}

} // namespace skiff::cli
