// oci-spec/json: parsing, writing, and errors that say where.
#include "oci-spec/error.h"
#include "oci-spec/json/parse.h"
#include "oci-spec/json/write.h"
#include "tests/unit/catch.h"

namespace json = oci::json;
using json::Kind;

namespace {

// The message of the failure; empty if the text is accepted.
std::string failure(std::string_view text) {
  try {
    (void)json::parse(text, "f.json");
    return {};
  } catch (const oci::SpecError& error) {
    return error.what();
  }
}

std::string nested(size_t levels) {
  return std::string(levels, '[') + std::string(levels, ']');
}

} // namespace

TEST_CASE("a document becomes a tree with offsets", "[json]") {
  const std::string_view text = R"( { "a" : [ 1 , -2.5e3, "x\ny", true, null ], "b": {} } )";
  const json::Document document = json::parse(text, "f.json");
  const json::Value& root = document.root();
  REQUIRE(root.kind() == Kind::object);
  CHECK(root.offset() == 1);
  REQUIRE(root.items().size() == 2);
  const json::Value* a = root.find("a");
  REQUIRE(a);
  CHECK(a->kind() == Kind::array);
  CHECK(a->offset() == text.find('['));
  REQUIRE(a->items().size() == 5);
  CHECK(a->items()[0].value.text() == "1");
  CHECK(a->items()[1].value.text() == "-2.5e3");
  CHECK(a->items()[1].value.offset() == text.find("-2.5"));
  CHECK(a->items()[2].value.text() == "x\ny");
  CHECK(a->items()[2].value.offset() == text.find("\"x"));
  CHECK(a->items()[3].value.truth());
  CHECK(a->items()[4].value.kind() == Kind::null);
  CHECK(root.find("b")->items().empty());
  CHECK(root.find("c") == nullptr);
}

TEST_CASE("any value may be the document", "[json]") {
  CHECK(json::parse("18446744073709551616", "f").root().text() == "18446744073709551616");
  CHECK(json::parse("\"\\u00e9\\ud83d\\ude00\"", "f").root().text() == "\xc3\xa9\xf0\x9f\x98\x80");
  CHECK(json::parse("\"\"", "f").root().text().empty());
  CHECK(json::parse("null", "f").root().kind() == Kind::null);
}

TEST_CASE("strings without escapes are views into the text", "[json]") {
  const std::string text = R"(["plain","esc\"aped"])";
  const json::Document document = json::parse(text, "f");
  const std::string_view plain = document.root().items()[0].value.text();
  CHECK(plain.data() == text.data() + 2);
  CHECK(document.root().items()[1].value.text() == "esc\"aped");
}

TEST_CASE("invalid JSON is refused in one line with its place", "[json]") {
  CHECK(failure("{\n  \"a\" 1}").starts_with("f.json:2:7: invalid JSON: parse error: "));
  CHECK(failure("{\"a\": tru}").starts_with("f.json:1:"));
  CHECK(failure("[1,,2]").starts_with("f.json:1:4: invalid JSON: "));
  CHECK(failure("[1] x").starts_with("f.json:1:"));
  CHECK(failure("[1] [2]").starts_with("f.json:1:5: invalid JSON: "));
  CHECK(failure("[1") == "f.json:1:3: invalid JSON: the document ends too early");
  CHECK(failure("") == "f.json:1:1: invalid JSON: the document ends too early");
  CHECK(failure("/* c */ 1").starts_with("f.json:1:"));
  CHECK(failure("[01]").starts_with("f.json:1:"));
  CHECK(failure("[+1]").starts_with("f.json:1:"));
  CHECK(failure("[1.]").starts_with("f.json:1:"));
  CHECK(failure("[NaN]").starts_with("f.json:1:"));
  CHECK(failure("['a']").starts_with("f.json:1:"));
  CHECK(failure("[\"\t\"]").starts_with("f.json:1:"));
  CHECK(failure("[\"\\x\"]").starts_with("f.json:1:"));
  for (const std::string_view text : {"{\"a\" 1}", "tru", "[\"a\nb\"]", "{,}", "]"}) {
    const std::string message = failure(text);
    CAPTURE(text, message);
    CHECK_FALSE(message.empty());
    CHECK(message.find('\n') == std::string::npos);
  }
}

TEST_CASE("what two readers could understand differently is refused", "[json]") {
  CHECK(failure("{\"a\":1,\n\"b\":2,\"a\":3}") == "f.json:2:7: the name \"a\" is there twice");
  CHECK(failure(R"([{"a":1,"\u0061":2}])") == "f.json:1:9: the name \"a\" is there twice");
  CHECK(failure(R"([{"a":1},{"a":2}])").empty());
  CHECK(failure(R"({"a":{"b":1},"b":2})").empty());
  CHECK(failure(R"(["a\u0000b"])") ==
        "f.json:1:2: a string holds a NUL character, which no path, name or argument can");
  CHECK(failure(R"({"a\u0000b":1})").starts_with("f.json:1:2: a string holds a NUL"));
  CHECK(failure(R"(["\ud800"])") == "f.json:1:2: a string holds half of a surrogate pair");
  CHECK(failure(R"(["\ud800\ud800"])") == "f.json:1:2: a string holds half of a surrogate pair");
  CHECK(failure(R"(["\udc00\ud800"])") == "f.json:1:2: a string holds half of a surrogate pair");
  CHECK(failure(R"(["\\ud800"])").empty());
}

TEST_CASE("UTF-8 is checked strictly", "[json]") {
  CHECK(failure("[\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"]").empty());
  for (const std::string_view bytes : {"\xff", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                                       "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\x80", "\xe2\x82"}) {
    CAPTURE(bytes);
    CHECK(failure("[\"" + std::string(bytes) + "\"]") == "f.json:1:3: invalid JSON: invalid UTF-8");
  }
  CHECK(failure(std::string("[\"a\0b\"]", 7)).starts_with("f.json:1:"));
}

TEST_CASE("depth and size have limits", "[json]") {
  CHECK(failure(nested(json::kDeepestNesting)).empty());
  CHECK(failure(nested(json::kDeepestNesting + 1)) == "f.json:1:65: more than 64 levels of arrays and objects");
  std::string large = "[" + std::string(json::kLargestDocument - 2, ' ') + "]";
  CHECK(failure(large).empty());
  large += ' ';
  CHECK(failure(large) == "f.json: the document is larger than 16 MiB (16777217 bytes)");
}

TEST_CASE("many names in one object", "[json]") {
  std::string text = "{";
  for (int i = 0; i < 2000; ++i) text += "\"n" + std::to_string(i) + "\":" + std::to_string(i) + ",";
  CHECK(failure(text + "\"x\":0}").empty());
  CHECK(failure(text + "\"n7\":0}").ends_with("the name \"n7\" is there twice"));
}

TEST_CASE("strings are written with Go's escapes", "[json]") {
  CHECK(json::quoted("a/b\"\\\b\f\n\r\t") == R"("a/b\"\\\b\f\n\r\t")");
  CHECK(json::quoted("<a&b>") == R"("\u003ca\u0026b\u003e")");
  CHECK(json::quoted(std::string_view("\0\x1f\x7f", 3)) == "\"\\u0000\\u001f\x7f\"");
  CHECK(json::quoted("\xc3\xa9 \xe2\x80\xa8\xe2\x80\xa9") == "\"\xc3\xa9 \\u2028\\u2029\"");
  CHECK(json::quoted("a\xff"
                     "b\xe2\x80") == "\"a\\ufffdb\\ufffd\\ufffd\"");
}

namespace {

std::string sample(oci::Indent indent) {
  json::Writer writer(indent);
  writer.open_object();
  writer.name("a");
  writer.open_array();
  writer.number(int64_t{-1});
  writer.string("x");
  writer.open_object();
  writer.close_object();
  writer.close_array();
  writer.name("b");
  writer.open_array();
  writer.close_array();
  writer.name("c");
  writer.boolean(true);
  writer.close_object();
  return std::move(writer).take();
}

} // namespace

TEST_CASE("the writer lays out as Go does", "[json]") {
  CHECK(sample(oci::Indent::none) == R"({"a":[-1,"x",{}],"b":[],"c":true})");
  CHECK(sample(oci::Indent::tabs) ==
        "{\n\t\"a\": [\n\t\t-1,\n\t\t\"x\",\n\t\t{}\n\t],\n\t\"b\": [],\n\t\"c\": true\n}");
  CHECK(sample(oci::Indent::two_spaces) ==
        "{\n  \"a\": [\n    -1,\n    \"x\",\n    {}\n  ],\n  \"b\": [],\n  \"c\": true\n}");
}
