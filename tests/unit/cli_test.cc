// What the command line prints: columns, help pages; and what it reads: paths, /etc/passwd.
#include "tests/unit/catch.h"

#include <array>

#include "runtime/cli/columns.h"
#include "runtime/cli/help.h"
#include "runtime/cli/owner.h"
#include "runtime/cli/paths.h"

using skiff::cli::absolute;
using skiff::cli::base_name;
using skiff::cli::clean;
using skiff::cli::columns;
using skiff::cli::HelpEntry;
using skiff::cli::HelpPage;
using skiff::cli::Option;
using skiff::cli::render;
using skiff::cli::user_name;
using skiff::cli::Visibility;

TEST_CASE("columns are as wide as the longest cell, or the minimum") {
  const std::vector<std::vector<std::string>> rows = {{"ID", "PID", "X"}, {"a-rather-long-name", "1", ""}};
  CHECK(columns(rows, {12, 3}) == "ID                   PID         X\n"
                                  "a-rather-long-name   1           \n");
  const std::vector<std::vector<std::string>> accents = {{"\xc3\xa9\xc3\xa9", "x"}, {"eee", "y"}};
  CHECK(columns(accents, {1, 2}) == "\xc3\xa9\xc3\xa9   x\neee  y\n");
  CHECK(columns({}, {12, 3}).empty());
}

TEST_CASE("a help page has the sections of urfave/cli") {
  bool force = false;
  int fds = 0;
  std::string bundle;
  std::vector<std::string> env;
  const std::array options = {Option{"force", 'f', &force, "at once"},
                              Option{"hidden", 'x', &force, "no", {}, Visibility::hidden},
                              Option{"preserve-fds", '\0', &fds, "pass on", "0"},
                              Option{"bundle", 'b', &bundle, "where", "here"}, Option{"env", 'e', &env, "more"}};
  const std::array entries = {HelpEntry{"run", "do it"}, HelpEntry{"state", "show it"}};
  HelpPage page{"skiff", "a runtime", "skiff [options]", "1.0", "One.\n\nTwo.", entries, options, {}};
  CHECK(render(page) == R"(NAME:
   skiff - a runtime

USAGE:
   skiff [options]

VERSION:
   1.0

DESCRIPTION:
   One.

   Two.

COMMANDS:
   run    do it
   state  show it

OPTIONS:
   --force, -f                                          at once
   --preserve-fds int                                   pass on (default: 0)
   --bundle string, -b string                           where (default: "here")
   --env string, -e string [ --env string, -e string ]  more
)");
}

TEST_CASE("paths are cleaned as text") {
  CHECK(clean("/a//b/./../c/") == "/a/c");
  CHECK(clean("/../..") == "/");
  CHECK(clean("a/../..") == "..");
  CHECK(clean("../../x") == "../../x");
  CHECK(clean("") == ".");
  CHECK(absolute("/x/../y") == "/y");
  CHECK(absolute("").front() == '/');
  CHECK(base_name("/usr/bin/runc") == "runc");
  CHECK(base_name("runc") == "runc");
}

TEST_CASE("owners come from passwd(5)") {
  static constexpr std::string_view kPasswd = "# a comment:x:7:7\nroot:x:0:0:root:/root:/bin/sh\n\nbroken\n"
                                              "alice:x:1000:1000::/home/alice:/bin/sh\nbob:x:1000:1000::/:/bin/sh\n";
  CHECK(user_name(kPasswd, 0) == "root");
  CHECK(user_name(kPasswd, 1000) == "alice");
  CHECK(!user_name(kPasswd, 7));
  CHECK(!user_name("", 0));
}
