// What a command is, and what it gets: one call of the program.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/cli/globals.h"
#include "runtime/cli/options.h"
#include "runtime/cli/persona.h"
#include "runtime/container/container.h"

namespace skiff::cli {

class Invocation;

struct Command {
  std::string_view name;
  std::string_view summary;
  int (*run)(Invocation&); // returns the exit status, or throws Error
};

// What a command expects, and says of itself.
struct Usage {
  std::string_view arguments; // as in the line under USAGE; may be empty
  std::string_view description;
  size_t min_arguments = 0;
  size_t max_arguments = 0;
  std::optional<size_t> stop_after = {}; // Grammar::stop_after
};

// One call of a command: the words behind its name, and the program's options.
class Invocation {
public:
  // `program` is argv[0]. `globals` may be given more of its options behind the command.
  Invocation(std::string_view program, const Command& command, Globals& globals, const DefaultRoot& root,
             std::vector<std::string> words)
      : program_(program), command_(command), globals_(globals), root_(root), words_(std::move(words)) {}

  // Fills the targets of `options`, opens the log, and returns the arguments. Nothing when help was asked for, and is
  // printed. Throws Error, after the usage when the mistake is one of the command line.
  std::optional<std::vector<std::string>> read(const Usage& usage, std::span<const Option> options);

  // Valid after read().
  const Home& home() const { return home_; }
  // What the program was called as.
  const Persona& persona() const { return cli::persona(program_); }

private:
  [[noreturn]] void reject_count(const Usage& usage, size_t count) const;

  std::string_view program_;
  const Command& command_;
  Globals& globals_;
  const DefaultRoot& root_;
  std::vector<std::string> words_;
  Home home_;
};

// Container::open with a sentence of its own for an empty id. Throws Error.
Container open_container(const Home& home, const std::string& id);

} // namespace skiff::cli
