// One function per section of a help page.
#include "runtime/cli/help.h"

#include <algorithm>
#include <vector>

#include "runtime/base/text.h"
#include "runtime/cli/columns.h"

namespace skiff::cli {

namespace {

constexpr std::string_view kIndent = "   ";

std::string_view placeholder(const Target& target) {
  if (std::holds_alternative<bool*>(target)) return "";
  return std::holds_alternative<int*>(target) ? " int" : " string";
}

std::vector<std::string> option_row(const Option& option) {
  const std::string_view value = placeholder(option.target);
  std::string names = cat("--", option.name, value);
  if (option.letter != '\0') names += cat(", -", option.letter, value);
  if (std::holds_alternative<std::vector<std::string>*>(option.target)) names = cat(names, " [ ", names, " ]");

  std::string help(option.help);
  const bool is_number = std::holds_alternative<int*>(option.target);
  if (!option.fallback.empty()) {
    help += cat(" (default: ", is_number ? std::string(option.fallback) : quote(option.fallback), ')');
  }
  return {cat(kIndent, names), help};
}

std::string section(std::string_view title, std::string_view body) {
  return body.empty() ? std::string() : cat('\n', title, ":\n", body);
}

std::string indented(std::string_view text) {
  std::string out;
  for (const std::string_view line : lines(text)) out += line.empty() ? "\n" : cat(kIndent, line, '\n');
  return out;
}

std::string option_list(std::span<const Option> options) {
  std::vector<std::vector<std::string>> rows;
  for (const Option& option : options) {
    if (option.visibility == Visibility::shown) rows.push_back(option_row(option));
  }
  return columns(rows, {1, 2});
}

std::string command_list(std::span<const HelpEntry> commands) {
  std::vector<std::vector<std::string>> rows;
  for (const HelpEntry& command : commands) rows.push_back({cat(kIndent, command.name), std::string(command.summary)});
  return columns(rows, {1, 2});
}

} // namespace

std::string render(const HelpPage& page) {
  return cat("NAME:\n", kIndent, page.name, " - ", page.summary, '\n', section("USAGE", indented(page.usage)),
             section("VERSION", indented(page.version)), section("DESCRIPTION", indented(page.description)),
             section("COMMANDS", command_list(page.commands)), section("OPTIONS", option_list(page.options)),
             section("GLOBAL OPTIONS", option_list(page.global_options)));
}

std::string render_crun(std::string_view name, std::string_view line, std::span<const HelpEntry> commands,
                        std::span<const Option> options) {
  std::string out = cat("Usage: ", name, " [OPTION...] ", line, "\nOCI runtime\n");
  if (!commands.empty()) out += "\nCOMMANDS:\n";
  for (const HelpEntry& command : commands) out += cat('\t', command.name, " - ", command.summary, '\n');
  std::vector<std::vector<std::string>> rows;
  for (const Option& option : options) {
    if (option.visibility == Visibility::hidden) continue;
    const std::string letter = option.letter == '\0' ? "    " : cat('-', option.letter, ", ");
    const std::string_view value = placeholder(option.target).empty() ? "" : "=VALUE";
    rows.push_back({cat("  ", letter, "--", option.name, value), std::string(option.help)});
  }
  return cat(out, '\n', columns(rows, {1, 2}));
}

} // namespace skiff::cli
