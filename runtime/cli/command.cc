// The part that all commands share: parsing, help, and usage errors.
#include "runtime/cli/command.h"

#include "runtime/base/text.h"
#include "runtime/cli/help.h"
#include "runtime/cli/output.h"
#include "runtime/cli/paths.h"

namespace skiff::cli {

std::optional<std::vector<std::string>> Invocation::read(const Usage& usage, std::span<const Option> options) {
  bool help = false;
  std::vector<Option> own(options.begin(), options.end());
  own.push_back({"help", 'h', &help, "show help"});
  const std::vector<Option> shared = global_options(globals_, root_);

  const auto page = [&] {
    const std::string name = cat(base_name(program_), ' ', command_.name);
    const std::string line = cat(name, " [options]", usage.arguments.empty() ? "" : " ", usage.arguments);
    if (persona().form == Form::crun) return render_crun(base_name(program_), crun_usage(command_.name), {}, own);
    return render({name, command_.summary, line, {}, usage.description, {}, own, shared});
  };
  std::vector<std::string> arguments;
  try {
    arguments = parse(Grammar{own, shared, usage.stop_after}, words_);
  } catch (const UsageError& error) {
    if (!help) {
      complain(cat("Incorrect Usage: ", error.what(), '\n'));
      show(page());
      home_ = settle(globals_, root_, persona()); // the log gets the error, too
      throw;
    }
  }
  if (help || (!arguments.empty() && arguments.front() == "help")) {
    print(page());
    return std::nullopt;
  }
  home_ = settle(globals_, root_, persona());
  if (arguments.size() < usage.min_arguments || arguments.size() > usage.max_arguments) {
    show(cat("Incorrect Usage.\n\n", page()));
    reject_count(usage, arguments.size());
  }
  return arguments;
}

void Invocation::reject_count(const Usage& usage, size_t count) const {
  const std::string who = cat(program_, ": ", quote(command_.name));
  if (usage.min_arguments == usage.max_arguments) {
    throw Error(cat(who, " requires exactly ", usage.min_arguments, " argument(s)"));
  }
  if (count < usage.min_arguments) {
    throw Error(cat(who, " requires a minimum of ", usage.min_arguments, " argument(s)"));
  }
  throw Error(cat(who, " requires a maximum of ", usage.max_arguments, " argument(s)"));
}

Container open_container(const Home& home, const std::string& id) {
  if (id.empty() && !home.policy.names_bad_ids) throw Error("container id cannot be empty");
  return Container::open(home, id);
}

} // namespace skiff::cli
