// The command line's syntax, and the texts of its errors.
#include "tests/unit/catch.h"

#include <array>
#include <vector>

#include "runtime/cli/options.h"

using skiff::cli::Grammar;
using skiff::cli::Option;
using skiff::cli::UsageError;
using Words = std::vector<std::string>;

namespace {

struct Line {
  bool force = false;
  bool debug = false;
  int fds = 0;
  std::string bundle;
  std::optional<std::string> root;
  Words env;
  Words arguments;

  void read(const Words& words, std::optional<size_t> stop_after = {}) {
    const std::array own = {Option{"force", 'f', &force, ""}, Option{"bundle", 'b', &bundle, ""},
                            Option{"preserve-fds", 0, &fds, ""}, Option{"env", 'e', &env, ""}};
    const std::array inherited = {Option{"debug", 0, &debug, ""}, Option{"root", 0, &root, ""}};
    arguments = skiff::cli::parse(Grammar{own, inherited, stop_after}, words);
  }
};

Line read(const Words& words, std::optional<size_t> stop_after = {}) {
  Line line;
  line.read(words, stop_after);
  return line;
}

std::string failure(const Words& words) {
  try {
    read(words);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

} // namespace

TEST_CASE("options come with one dash or two, with = or a blank") {
  for (const Words& words :
       {Words{"--bundle", "/b", "id"}, Words{"--bundle=/b", "id"}, Words{"-bundle", "/b", "id"},
        Words{"-bundle=/b", "id"}, Words{"-b", "/b", "id"}, Words{"-b=/b", "id"}, Words{"id", "--bundle", "/b"}}) {
    const Line line = read(words);
    CHECK(line.bundle == "/b");
    CHECK(line.arguments == Words{"id"});
  }
}

TEST_CASE("a bool takes a value only with =") {
  CHECK(read({"--force", "false"}).force);
  CHECK(read({"--force", "false"}).arguments == Words{"false"});
  CHECK(!read({"--force", "--force=false"}).force);
  CHECK(read({"-f=1"}).force);
  CHECK(failure({"--force=maybe"}) == "invalid value \"maybe\" for flag -force: parse error");
}

TEST_CASE("a value may be empty or look like an option") {
  CHECK(read({"--bundle=", "id"}).bundle.empty());
  CHECK(read({"--bundle", "--force"}).bundle == "--force");
  CHECK(read({"--bundle", "--"}).bundle == "--");
  CHECK(read({"--bundle=a=b"}).bundle == "a=b");
}

TEST_CASE("not given is not the same as empty") {
  CHECK(!read({}).root);
  CHECK(read({"--root="}).root == "");
}

TEST_CASE("the last value wins, and a list collects") {
  CHECK(read({"-b", "1", "-b", "2"}).bundle == "2");
  CHECK(read({"-e", "A=1,2", "--env=B", "-e", ""}).env == Words{"A=1,2", "B", ""});
}

TEST_CASE("the program's options are taken after the command too") {
  CHECK(read({"id", "--debug"}).debug);
}

TEST_CASE("where options end") {
  CHECK(read({"a", "--", "--force", "--"}).arguments == Words{"a", "--force", "--"});
  CHECK(read({"-", "--force"}).arguments == Words{"-"});
  CHECK(read({"", "x"}).arguments == Words{"", "x"});
  CHECK(read({"id", "-9", "--force"}).arguments == Words{"id", "-9", "--force"});
  const Line line = read({"--force", "id", "-b", "x"}, 1);
  CHECK(line.force);
  CHECK(line.arguments == Words{"id", "-b", "x"});
}

TEST_CASE("a word can end the options") {
  bool debug = false;
  const std::array options = {Option{"debug", 0, &debug, ""}};
  const Grammar grammar{options, {}, {}, [](std::string_view word) { return word == "run"; }};
  CHECK(skiff::cli::parse(grammar, Words{"x", "--debug", "run", "--detach"}) == Words{"x", "run", "--detach"});
  CHECK(debug);
}

TEST_CASE("numbers are read as Go reads them") {
  CHECK(read({"--preserve-fds", "3"}).fds == 3);
  CHECK(read({"--preserve-fds=-1"}).fds == -1);
  CHECK(read({"--preserve-fds=0x10"}).fds == 16);
  CHECK(read({"--preserve-fds=010"}).fds == 8);
  CHECK(read({"--preserve-fds=0"}).fds == 0);
  CHECK(failure({"--preserve-fds=1x"}) ==
        "invalid value \"1x\" for flag -preserve-fds: strconv.ParseInt: parsing \"1x\": invalid syntax");
  CHECK(failure({"--preserve-fds="}) ==
        "invalid value \"\" for flag -preserve-fds: strconv.ParseInt: parsing \"\": invalid syntax");
  CHECK(failure({"--preserve-fds=99999999999999999999"}).ends_with("value out of range"));
  CHECK(failure({"--preserve-fds=2147483648"}).ends_with("value out of range"));
}

TEST_CASE("mistakes have Go's texts") {
  CHECK(failure({"--foo"}) == "flag provided but not defined: -foo");
  CHECK(failure({"-foo=1"}) == "flag provided but not defined: -foo");
  CHECK(failure({"-bf"}) == "flag provided but not defined: -bf"); // letters do not combine
  CHECK(failure({"--bundle"}) == "flag needs an argument: --bundle");
  CHECK(failure({"-b"}) == "flag needs an argument: -b");
}
