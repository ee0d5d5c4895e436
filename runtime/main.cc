// The program: global options, the choice of the command, and the one place where errors are reported.
#include <csignal>
#include <cstdlib>
#include <exception>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/text.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/help.h"
#include "runtime/cli/output.h"
#include "runtime/cli/paths.h"
#include "runtime/cli/status_error.h"
#include "runtime/cli/version.h"
#include "runtime/log/log.h"
#include "runtime/sys/file.h"

namespace {

namespace cli = skiff::cli;

constexpr int kNoSuchCommand = 3; // as urfave/cli ends

// To the log, and to standard error where that is not the log already: engines read the one or the other.
int report(std::string_view message, int status) {
  skiff::log::error(message);
  if (!skiff::log::to_standard_error()) cli::complain(message);
  return status;
}

bool is_help(std::string_view word) {
  return word == "help" || word == "h";
}
bool names_command(std::string_view word) {
  return is_help(word) || cli::find_command(word) != nullptr;
}
std::string no_topic(std::string_view word) {
  return skiff::cat("No help topic for '", word, "'");
}

std::string program_help(std::string_view program, std::span<const cli::Option> options) {
  static constexpr std::string_view kDescription =
      R"(Runs containers as the Open Container Initiative's runtime specification describes them. A container is made from
a bundle: a directory with a config.json, and with the root file system that the container gets. As a rule an
engine calls this program; to run a container by hand:

    cd BUNDLE
    skiff run CONTAINER-ID)";
  std::vector<cli::HelpEntry> entries;
  for (const cli::Command& command : cli::commands()) entries.push_back({command.name, command.summary});
  const std::string name(cli::base_name(program));
  if (cli::persona(program).form == cli::Form::crun)
    return cli::render_crun(name, "COMMAND [OPTION...]", entries, options);
  return cli::render({name,
                      "Open Container Initiative runtime",
                      name + " [global options] [command [command options]]",
                      cli::version(),
                      kDescription,
                      entries,
                      {},
                      options});
}

int run_command(std::string_view program, std::vector<std::string> words) {
  const cli::DefaultRoot root = cli::default_root();
  cli::Globals globals;
  bool help = false;
  bool version = false;
  std::vector<cli::Option> options = cli::global_options(globals, root);
  options.push_back({"help", 'h', &help, "show help"});
  options.push_back({"version", 'v', &version, "print the version"});
  options.push_back({"V", '\0', &version, "print the version", {}, cli::Visibility::hidden}); // crun's letter

  std::vector<std::string> arguments;
  try {
    arguments = cli::parse({.own = options, .is_last = names_command}, words);
  } catch (const cli::UsageError& error) {
    if (!help) cli::complain(skiff::cat("Incorrect Usage: ", error.what(), '\n'));
    cli::show(program_help(program, options));
    if (!help) throw;
    return 0;
  }
  if (version && !help) {
    cli::print(cli::version_text(cli::persona(program), globals.root.value_or(root.path)));
    return 0;
  }
  const bool asked_by_word = !arguments.empty() && is_help(arguments.front());
  if (asked_by_word) arguments.erase(arguments.begin());
  if (arguments.empty()) {
    cli::print(program_help(program, options));
    return 0;
  }
  const std::string name = arguments.front();
  arguments.erase(arguments.begin());
  if (help || asked_by_word) arguments = {"--help"};
  if (const cli::Command* command = cli::find_command(name)) {
    cli::Invocation invocation(program, *command, globals, root, std::move(arguments));
    return command->run(invocation);
  }
  if (help) throw skiff::Error(no_topic(name));
  (void)cli::settle(globals, root, cli::persona(program)); // its log gets the message
  return report(no_topic(name), kNoSuchCommand);
}

} // namespace

int main(int argc, char** argv) {
  skiff::sys::fill_standard_streams();
  // Some callers leave it ignored, and then no child's end can be waited for.
  (void)::signal(SIGCHLD, SIG_DFL);
  try {
    const std::vector<std::string> words(argv, argv + argc);
    if (words.empty()) return EXIT_FAILURE;
    return run_command(words.front(), {words.begin() + 1, words.end()});
  } catch (const cli::StatusError& error) {
    return report(error.what(), error.status());
  } catch (const std::exception& error) {
    return report(error.what(), EXIT_FAILURE);
  }
}
