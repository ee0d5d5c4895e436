// The config.json files that real engines wrote: they parse, are valid, and lose nothing but empty values.
#include "oci-spec/spec_describe.h"
#include "oci-spec/validate.h"
#include "tests/unit/catch.h"
#include "tests/unit/spec_data.h"

namespace json = oci::json;

namespace {

// What a property left out reads as.
bool is_zero(const json::Value& value) {
  switch (value.kind()) {
  case json::Kind::null:
    return true;
  case json::Kind::boolean:
    return !value.truth();
  case json::Kind::number:
    return value.text() == "0";
  case json::Kind::string:
    return value.text().empty();
  case json::Kind::array:
    return value.items().empty();
  case json::Kind::object:
    return std::ranges::all_of(value.items(), [](const json::Item& item) { return is_zero(item.value); });
  }
  return false;
}

// The paths at which `from` has something that `to` lacks or has otherwise.
void differences(const json::Value& from, const json::Value& to, const std::string& path,
                 std::vector<std::string>& found) {
  if (from.kind() != to.kind() || from.text() != to.text() || from.truth() != to.truth()) {
    found.push_back(path);
  } else if (from.kind() == json::Kind::array) {
    if (from.items().size() != to.items().size()) return found.push_back(path);
    for (size_t i = 0; i < from.items().size(); ++i) {
      differences(from.items()[i].value, to.items()[i].value, path + "[]", found);
    }
  } else {
    for (const json::Item& item : from.items()) {
      const std::string inside = skiff::cat(path, "/", item.name);
      const json::Value* other = to.find(item.name);
      if (other) {
        differences(item.value, *other, inside, found);
      } else if (!is_zero(item.value)) {
        found.push_back(inside);
      }
    }
  }
}

} // namespace

TEST_CASE("configurations of real engines", "[spec][schema]") {
  if (kSchemaDir.empty()) {
    WARN(kNoSpecData);
    return;
  }
  const std::vector<std::string> paths = json_files(beside_schemas("configs"));
  CHECK_FALSE(paths.empty());
  for (const std::string& path : paths) {
    CAPTURE(path);
    const std::string text = read_file(path);
    const oci::Spec spec = oci::parse_spec(text, path);
    CHECK_NOTHROW(oci::validate(spec, path));
    const std::string written = to_json(spec, oci::Indent::tabs);
    CHECK(to_json(oci::parse_spec(written, "again"), oci::Indent::tabs) == written);
    const json::Document before = json::parse(text, path);
    const json::Document after = json::parse(written, "written");
    std::vector<std::string> lost;
    differences(before.root(), after.root(), "", lost);
    CHECK(lost == std::vector<std::string>{});
    std::vector<std::string> invented;
    differences(after.root(), before.root(), "", invented);
    CHECK(invented == std::vector<std::string>{});
  }
}
