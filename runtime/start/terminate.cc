// What ends a program that throws where it must not: in place of libsupc++'s own, which brings a demangler of C++
// names, 49 kB in a static file.
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace __gnu_cxx {

[[noreturn]] void __verbose_terminate_handler();

void __verbose_terminate_handler() {
  static constexpr std::string_view kText = "terminated: an exception was thrown where none may be\n";
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, kText.data(), kText.size());
  std::abort();
}

} // namespace __gnu_cxx
