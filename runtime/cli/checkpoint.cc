// `checkpoint`: the processes of a container as files.
#include "runtime/checkpoint/dump.h"

#include <sys/stat.h>

#include <array>

#include "runtime/base/text.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/criu_options.h"
#include "runtime/cli/paths.h"
#include "runtime/sys/file.h"

namespace skiff::cli {

namespace {

constexpr Usage kUsage = {
    .arguments = "<container-id>",
    .description =
        R"(Saves what the processes of a container are and have as files, with the help of criu(8), and removes
the container. "restore" makes it again from them; its root file system is not among them.)",
    .min_arguments = 1,
    .max_arguments = 1,
};

void set_page_server(checkpoint::DumpOptions& options, const std::string& text) {
  const size_t colon = text.rfind(':');
  std::string address = text.substr(0, colon);
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  if (colon == std::string::npos || address.empty() || colon + 1 == text.size())
    throw Error("Use --page-server ADDRESS:PORT to specify page server");
  const auto port = parse_number<uint16_t>(std::string_view(text).substr(colon + 1));
  if (!port) throw Error("Invalid port number");
  options.page_server = address;
  options.page_server_port = *port;
}

void check_parent(const checkpoint::DumpOptions& options) {
  if (options.parent_path.empty()) return;
  if (options.parent_path.starts_with('/')) throw Error("--parent-path must be relative");
  const std::string path = clean(cat(options.image_path, '/', options.parent_path));
  const auto doing = [&] { return cat("invalid --parent-path: stat ", path); };
  const struct stat st = sys::try_stat(sys::FdRef(sys::kCwd), path.c_str()).or_throw(doing);
  if (!S_ISDIR(st.st_mode)) throw Error(ENOTDIR, doing());
}

} // namespace

int checkpoint(Invocation& invocation) {
  skiff::checkpoint::DumpOptions options;
  CriuTexts texts;
  std::string page_server;
  std::vector<Option> table = criu_options(options, texts);
  const std::array more = {
      Option{"parent-path", '\0', &options.parent_path, "directory of an earlier pre-dump, seen from the files'"},
      Option{"leave-running", '\0', &options.leave_running, "let the container go on"},
      Option{"tcp-skip-in-flight", '\0', &options.tcp_skip_in_flight, "drop TCP connections not yet accepted"},
      Option{"link-remap", '\0', &options.link_remap, "give deleted files a name while they are away"},
      Option{"status-fd", '\0', &options.status_fd, "descriptor that gets a zero byte when lazy pages are ready"},
      Option{"page-server", '\0', &page_server, "ADDRESS:PORT where pages are sent, or asked for if lazy"},
      Option{"pre-dump", '\0', &options.pre_dump, "save the memory only, and let the container go on"},
  };
  table.insert(table.end(), more.begin(), more.end());
  const auto arguments = invocation.read(kUsage, table);
  if (!arguments) return 0;
  (void)open_container(invocation.home(), arguments->front()); // before the directory is made
  settle_criu(invocation, options, texts);
  if (!page_server.empty()) set_page_server(options, page_server);
  check_parent(options);
  skiff::checkpoint::dump(invocation.home(), arguments->front(), options);
  return 0;
}

} // namespace skiff::cli
