// runtime/base/text.h.
#include "runtime/base/text.h"
#include "tests/unit/catch.h"

using skiff::cat;
using skiff::parse_number;
using skiff::quote;

TEST_CASE("cat joins strings, characters and integers", "[text]") {
  CHECK(cat("open ", std::string("/x"), ':', ' ', -3) == "open /x: -3");
  CHECK(cat().empty());
}

TEST_CASE("quote escapes like Go's %q", "[text]") {
  CHECK(quote("a\"b\\c\n\t\r") == R"("a\"b\\c\n\t\r")");
  CHECK(quote(std::string_view("\0\x7f", 2)) == R"("\x00\x7f")");
  CHECK(quote("\xc3\xa9") == "\"\xc3\xa9\"");
}

TEST_CASE("parse_number takes whole numbers only", "[text]") {
  CHECK(parse_number<int>("-12") == -12);
  CHECK(parse_number<unsigned>("755", 8) == 0755U);
  CHECK_FALSE(parse_number<int>("12 "));
  CHECK_FALSE(parse_number<int>(""));
  CHECK_FALSE(parse_number<unsigned>("-1"));
  CHECK_FALSE(parse_number<uint8_t>("256"));
}

TEST_CASE("split keeps empty pieces, lines does not end with one", "[text]") {
  CHECK(skiff::split("a::b", ':') == std::vector<std::string_view>{"a", "", "b"});
  CHECK(skiff::split("", ':') == std::vector<std::string_view>{""});
  CHECK(skiff::lines("a\nb\n") == std::vector<std::string_view>{"a", "b"});
  CHECK(skiff::lines("").empty());
  CHECK(skiff::trim(" \n a b\t") == "a b");
}
