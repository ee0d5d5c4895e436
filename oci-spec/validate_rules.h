// What the files of validate() share.
#pragma once

#include <string_view>

#include "oci-spec/error.h"
#include "oci-spec/spec.h"
#include "oci-spec/validate.h"
#include "runtime/base/text.h"

namespace oci {

// Knows the file's name for the errors.
class Rules {
public:
  explicit Rules(std::string_view file) : file_(file) {}

  // `path` as in "linux.namespaces[1].path". Throws SpecError.
  [[noreturn]] void fail(std::string_view path, std::string_view sentence) const {
    throw SpecError(skiff::cat(file_, ": ", path, ": ", sentence));
  }

private:
  std::string_view file_;
};

// nullptr if the configuration has no such namespace, neither new nor joined.
const Namespace* find_namespace(const Linux& linux_part, NamespaceType type);

// `path` is where the part stands ("process", or "" for the document of `exec --process`).
void check_process(const Rules& rules, const Process& process, std::string_view path);
void check_linux(const Rules& rules, const Linux& linux_part);
void check_sysctls(const Rules& rules, const Linux& linux_part);
// Sizes and ranges; `path` as in "linux.uidMappings".
void check_mappings(const Rules& rules, const std::vector<IdMapping>& mappings, std::string_view path);

} // namespace oci
