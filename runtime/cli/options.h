// Table-driven parsing of a command line, with Go's flag syntax as urfave/cli v3 reads it for runc: "--name value",
// "--name=value", one dash or two, options before and after the arguments, "--" as their end. Values land in the
// variables that the table names.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/base/error.h"

namespace skiff::cli {

// Where a value goes; the type says how it is read. A bool takes a value only with "=". A vector collects repetitions,
// of anything else the last one wins. An optional tells "not given" from "empty".
using Target = std::variant<bool*, std::optional<bool>*, int*, std::optional<int>*, std::string*,
                            std::optional<std::string>*, std::vector<std::string>*, std::vector<int>*>;

enum class Visibility { shown, hidden };

struct Option {
  std::string_view name; // without dashes
  char letter;           // the short form; '\0' = none
  Target target;
  std::string_view help;
  std::string_view fallback = {}; // the default, as help shows it
  Visibility visibility = Visibility::shown;
};

// A mistake on the command line, as distinct from a failure of the work: usage is printed with it.
class UsageError : public Error {
public:
  using Error::Error;
};

struct Grammar {
  std::span<const Option> own;
  std::span<const Option> inherited = {}; // the program's, which every command takes too; own names come first
  // After so many arguments everything is an argument: for commands that pass options on.
  std::optional<size_t> stop_after = {};
  // An argument that ends the options at once, as the name of a command does. May be null.
  bool (*is_last)(std::string_view) = nullptr;
};

// Fills the targets; returns the arguments. Throws UsageError with urfave's texts; targets keep what was read before.
std::vector<std::string> parse(const Grammar& grammar, std::span<const std::string> words);

// Go's strconv.ParseBool: 1, t, T, true, True, TRUE and their opposites.
std::optional<bool> parse_bool(std::string_view text);

} // namespace skiff::cli
