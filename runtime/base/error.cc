#include "runtime/base/error.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace skiff {

namespace {

// glibc's texts differ from Go's in their first letter, but for these.
struct Exception {
  int code;
  std::string_view text;
};
constexpr std::array kExceptions{
    Exception{ENODEV, "no such device"},
    Exception{EXDEV, "invalid cross-device link"},
    Exception{EAGAIN, "resource temporarily unavailable"},
    Exception{ENOTBLK, "block device required"},
    Exception{EIO, "input/output error"},
};

} // namespace

std::string_view errno_text(int code) {
  for (const Exception& e : kExceptions)
    if (e.code == code) return e.text;
  // The process is single-threaded (design: D11), so one buffer will do.
  static char text[96];
  const char* name = strerrordesc_np(code);
  if (name == nullptr) {
    std::snprintf(text, sizeof text, "errno %d", code);
    return text;
  }
  std::strncpy(text, name, sizeof text - 1);
  // "RFS specific error" and its like keep their capitals.
  const bool acronym = text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'A' && text[1] <= 'Z';
  if (!acronym && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

Error::Error(int code, std::string_view what) : code_(code) {
  const std::string_view reason = errno_text(code);
  what_.reserve(what.size() + 2 + reason.size());
  what_.append(what).append(": ").append(reason);
}

Error& Error::within(std::string_view context) {
  std::string longer;
  longer.reserve(context.size() + 2 + what_.size());
  longer.append(context).append(": ").append(what_);
  what_ = std::move(longer);
  return *this;
}

} // namespace skiff
