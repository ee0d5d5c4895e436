// regex(3), which the C library brings.
#include "runtime/cli/matching.h"

#include <regex.h>

#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/cli/output.h"

namespace skiff::cli {

namespace {

class Pattern {
public:
  explicit Pattern(const std::string& text) {
    if (::regcomp(&compiled_, text.c_str(), REG_EXTENDED | REG_NOSUB) != 0)
      throw Error(cat("invalid regular expression ", text));
  }
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;
  ~Pattern() { ::regfree(&compiled_); }
  bool matches(const std::string& text) const { return ::regexec(&compiled_, text.c_str(), 0, nullptr, 0) == 0; }

private:
  regex_t compiled_{};
};

} // namespace

void for_each_matching(const Home& home, const std::string& pattern,
                       const std::function<void(const std::string& id)>& action) {
  const Pattern compiled(pattern);
  for (const std::string& id : store::ids(home)) {
    if (!compiled.matches(id)) continue;
    try {
      action(id);
    } catch (const Error& error) {
      complain(cat(id, ": ", error.what()));
    }
  }
}

} // namespace skiff::cli
