// `list`: the containers under the root, as a table, as JSON, or by name.
#include <array>

#include "runtime/base/text.h"
#include "runtime/cli/columns.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/container_state.h"
#include "runtime/cli/output.h"
#include "runtime/cli/owner.h"
#include "runtime/sys/file.h"

namespace skiff::cli {

namespace {

// One that cannot be asked is reported and left out: it may be on its way out.
std::vector<ContainerState> states(const Home& home) {
  std::vector<ContainerState> all;
  for (const Container& container : skiff::list(home)) {
    const std::string& id = container.record().id;
    try {
      ContainerState state = describe(container);
      Result<struct stat> dir = sys::try_stat(sys::FdRef(sys::kCwd), cat(home.root, '/', id).c_str());
      if (!dir) continue; // deleted meanwhile
      state.owner = owner_name(dir->st_uid);
      all.push_back(std::move(state));
    } catch (const Error& error) {
      complain(cat("status for ", id, ": ", error.what()));
    }
  }
  return all;
}

std::string as_table(const std::vector<ContainerState>& all) {
  std::vector<std::vector<std::string>> rows = {{"ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"}};
  for (const ContainerState& state : all) {
    rows.push_back({state.id, cat(state.pid), state.status, state.bundle, state.created, state.owner});
  }
  return columns(rows, {12, 3});
}

std::string as_json(const std::vector<ContainerState>& all) {
  if (all.empty()) return "null\n"; // as Go writes a list that was never made
  oci::json::Writer writer(oci::Indent::none);
  writer.open_array();
  for (const ContainerState& state : all) write(writer, state);
  writer.close_array();
  return std::move(writer).take() + '\n';
}

std::string as_names(const std::vector<ContainerState>& all) {
  std::string out;
  for (const ContainerState& state : all) out += state.id + '\n';
  return out;
}

} // namespace

int list(Invocation& invocation) {
  static constexpr Usage kUsage = {
      .arguments = "",
      .description =
          R"(Shows each container whose state is kept under the root, which the global option --root names.)",
  };
  std::string format = "table";
  bool quiet = false;
  const std::array options = {Option{"format", 'f', &format, "table or json", "table"},
                              Option{"quiet", 'q', &quiet, "only the names"}};
  if (!invocation.read(kUsage, options)) return 0;
  const std::vector<ContainerState> all = states(invocation.home());
  if (quiet)
    print(as_names(all));
  else if (format == "table")
    print(as_table(all));
  else if (format == "json")
    print(as_json(all));
  else
    throw Error("invalid format option");
  return 0;
}

} // namespace skiff::cli
