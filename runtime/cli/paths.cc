// Lexical path arithmetic.
#include "runtime/cli/paths.h"

#include <vector>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"

namespace skiff::cli {

std::string clean(std::string_view path) {
  const bool rooted = path.starts_with('/');
  std::vector<std::string_view> kept;
  for (const std::string_view piece : split(path, '/')) {
    if (piece.empty() || piece == ".") continue;
    if (piece != "..")
      kept.push_back(piece);
    else if (!kept.empty() && kept.back() != "..")
      kept.pop_back();
    else if (!rooted)
      kept.push_back(piece);
  }
  std::string out;
  for (const std::string_view piece : kept) {
    if (rooted || !out.empty()) out += '/';
    out += piece;
  }
  if (out.empty()) return rooted ? "/" : ".";
  return out;
}

std::string absolute(std::string_view path) {
  return path.starts_with('/') ? clean(path) : clean(cat(sys::current_dir(), '/', path));
}

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

} // namespace skiff::cli
