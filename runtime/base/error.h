// Failure: the operation cannot go on. One exception type for the whole runtime; answers that the caller branches on
// are Result<T> (result.h).
#pragma once

#include <exception>
#include <string>
#include <string_view>
#include <utility>

namespace skiff {

// The text of an errno value as Go writes it ("no such file or directory"): engines match on these words.
std::string_view errno_text(int code);

class Error : public std::exception {
public:
  explicit Error(std::string what) : what_(std::move(what)) {}
  // "what: errno text", as the last link of the chain.
  Error(int code, std::string_view what);

  // The errno behind the failure; 0 where the kernel had no part in it.
  int code() const noexcept { return code_; }
  const char* what() const noexcept override { return what_.c_str(); }
  // Puts "context: " in front; the chain grows outward.
  Error& within(std::string_view context);

private:
  int code_ = 0;
  std::string what_;
};

// Runs `body`; a failure inside gets describe()'s text in front. The text is made only on failure.
template <class Describe, class Body> decltype(auto) in(Describe&& describe, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (Error& error) {
    error.within(describe());
    throw;
  }
}

} // namespace skiff
