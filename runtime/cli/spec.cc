// `spec`: a config.json to begin with.
#include <fcntl.h>
#include <unistd.h>

#include <array>

#include "oci-spec/example.h"
#include "runtime/base/text.h"
#include "runtime/cli/commands.h"
#include "runtime/sys/file.h"

namespace skiff::cli {

namespace {

// Never over a file that is there: O_EXCL, where a check before would leave a moment in between.
void write_config(sys::FdRef bundle, const std::string& name, std::string_view document) {
  Result<sys::Fd> file = sys::try_open(bundle, name.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0666);
  if (!file && file.error() == EEXIST) throw Error(cat("File ", name, " exists. Remove it first"));
  if (!file) throw Error(file.error(), cat("open ", name));
  sys::try_write_all(*file, document).or_throw(cat("write ", name));
}

} // namespace

int spec(Invocation& invocation) {
  static constexpr Usage kUsage = {
      .arguments = "",
      .description =
          R"(Writes a config.json that runs "sh" in the root file system at "rootfs". It is a start to be edited;
a config.json that is there already stays as it is.

With --rootless the container has a user namespace, in which the caller is root, and needs no privileges.)",
  };
  std::string bundle;
  std::string file = "config.json";
  bool rootless = false;
  const std::array options = {
      Option{"file", 'f', &file, "file to write, in that directory", "config.json"},
      Option{"bundle", 'b', &bundle, "directory to write to; without it, the current directory"},
      Option{"rootless", '\0', &rootless, "a container that a user without privileges can run"}};
  if (!invocation.read(kUsage, options)) return 0;

  const oci::Spec example = rootless ? oci::example(oci::ExampleKind::rootless, ::geteuid(), ::getegid())
                                     : oci::example(oci::ExampleKind::rootful);
  const std::string where = bundle.empty() ? "." : bundle;
  const sys::DirFd dir = sys::try_open_dir(sys::FdRef(sys::kCwd), where.c_str()).or_throw(cat("chdir ", where));
  write_config(dir, file, oci::to_json(example));
  return 0;
}

} // namespace skiff::cli
