// `ps`: the processes of a container, by the host's ps(1) or as JSON.
#include <algorithm>
#include <array>

#include "oci-spec/json/write.h"
#include "runtime/base/text.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/host_ps.h"
#include "runtime/cli/output.h"

namespace skiff::cli {

namespace {

std::string as_json(const std::vector<int>& pids) {
  if (pids.empty()) return "null\n"; // as Go writes a list that was never made
  oci::json::Writer writer(oci::Indent::none);
  writer.open_array();
  for (const int pid : pids) writer.number(int64_t{pid});
  writer.close_array();
  return std::move(writer).take() + '\n';
}

} // namespace

int ps(Invocation& invocation) {
  static constexpr Usage kUsage = {
      .arguments = "<container-id> [ps options]",
      .description = R"(Shows the processes of a container as ps(1) of the host does. What follows the name of the
container are options for it, "-ef" if there are none; a column PID must be among what it prints.)",
      .min_arguments = 1,
      .max_arguments = static_cast<size_t>(-1),
      .stop_after = 1,
  };
  std::string format = "table";
  const std::array options = {Option{"format", 'f', &format, "table or json", "table"}};
  auto arguments = invocation.read(kUsage, options);
  if (!arguments) return 0;
  const std::vector<int> pids = open_container(invocation.home(), arguments->front()).processes();
  if (format == "json") {
    print(as_json(pids));
    return 0;
  }
  if (format != "table") throw Error("invalid format option");
  arguments->erase(arguments->begin());
  if (arguments->empty()) arguments->emplace_back("-ef");
  print(lines_of_processes(host_ps(*arguments), pids));
  return 0;
}

} // namespace skiff::cli
