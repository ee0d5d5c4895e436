// The structs of oci-spec against the official JSON schema: every property is there, with its type, and no other.
#include <map>
#include <set>

#include "oci-spec/features_describe.h"
#include "oci-spec/spec_describe.h"
#include "oci-spec/state_describe.h"
#include "tests/unit/catch.h"
#include "tests/unit/spec_data.h"

namespace json = oci::json;

namespace {

using Fields = std::map<std::string, json::Field>;

// Walks the schema files of a directory with their $refs and combinations resolved. Fields have views into its texts.
class Schema {
public:
  explicit Schema(std::string dir) : dir_(std::move(dir)) {}

  Fields list(const std::string& file) {
    Fields fields;
    walk({&root(file), file}, "", false, fields);
    fields.erase("");
    return fields;
  }

private:
  struct Node {
    const json::Value* value;
    std::string file; // that a "#/..." in it refers to
  };
  struct Loaded {
    std::string text;
    std::optional<json::Document> document;
  };

  const json::Value& root(const std::string& file) {
    const auto [entry, is_new] = files_.try_emplace(file);
    Loaded& loaded = entry->second;
    if (is_new) {
      loaded.text = read_file(dir_ + "/" + file);
      loaded.document.emplace(json::parse(loaded.text, entry->first));
    }
    return loaded.document->root();
  }

  // "defs.json#/definitions/uint32"
  Node follow(std::string_view ref, const std::string& file) {
    const size_t hash = ref.find('#');
    Node node{nullptr, hash == 0 ? file : std::string(ref.substr(0, hash))};
    node.value = &root(node.file);
    for (const std::string_view step : skiff::split(ref.substr(hash + 2), '/')) {
      node.value = node.value->find(step);
      INFO(ref);
      REQUIRE(node.value);
    }
    return node;
  }

  void walk(const Node& node, const std::string& path, bool required, Fields& fields) {
    const json::Value& value = *node.value;
    json::Field& field = fields[path];
    field.path = path;
    field.required = field.required || required;
    if (const json::Value* ref = value.find("$ref")) walk(follow(ref->text(), node.file), path, required, fields);
    for (const std::string_view combination : {"allOf", "anyOf"}) {
      const json::Value* parts = value.find(combination);
      if (!parts) continue;
      for (const json::Item& part : parts->items()) walk({&part.value, node.file}, path, required, fields);
    }
    if (const json::Value* type = value.find("type")) {
      field.kind = type->text() == "integer" ? integer_kind(value) : std::string(type->text());
    }
    if (const json::Value* values = value.find("enum")) {
      for (const json::Item& each : values->items()) field.values.push_back(each.value.text());
    }
    walk_inside(node, path, fields);
  }

  void walk_inside(const Node& node, const std::string& path, Fields& fields) {
    const json::Value& value = *node.value;
    std::set<std::string_view> required;
    if (const json::Value* names = value.find("required")) {
      for (const json::Item& name : names->items()) required.insert(name.value.text());
    }
    if (const json::Value* properties = value.find("properties")) {
      for (const json::Item& property : properties->items()) {
        walk({&property.value, node.file}, skiff::cat(path, "/", property.name), required.contains(property.name),
             fields);
      }
    }
    if (const json::Value* items = value.find("items")) walk({items, node.file}, path + "[]", false, fields);
    if (const json::Value* any = value.find("additionalProperties")) walk({any, node.file}, path + "/*", false, fields);
    if (const json::Value* patterns = value.find("patternProperties")) {
      for (const json::Item& pattern : patterns->items()) walk({&pattern.value, node.file}, path + "/*", false, fields);
    }
  }

  // "uint32" for the range of one; else the bounds.
  static std::string integer_kind(const json::Value& value) {
    const json::Value* low = value.find("minimum");
    const json::Value* high = value.find("maximum");
    const std::string range =
        skiff::cat("integer ", low ? low->text() : std::string_view(), "..", high ? high->text() : std::string_view());
    static const std::map<std::string, std::string> kNames = {
        {"integer 0..65535", "uint16"},
        {"integer 0..4294967295", "uint32"},
        {"integer 0..18446744073709551615", "uint64"},
        {"integer -2147483648..2147483647", "int32"},
        {"integer -9223372036854775808..9223372036854775807", "int64"},
    };
    const auto name = kNames.find(range);
    return name == kNames.end() ? range : name->second;
  }

  std::string dir_;
  std::map<std::string, Loaded> files_;
};

template <class T> Fields ours() {
  Fields fields;
  for (json::Field& field : json::list<T>()) fields.emplace(field.path, field);
  return fields;
}

std::string text_of(const json::Field& field) {
  return field.kind + (field.required ? " required" : "");
}

// A property that is not the same on both sides, as it is there and here, and why.
struct Difference {
  std::string_view path;
  std::string_view schema; // empty: not there
  std::string_view here;
};

// Every difference must be in the list, and everything in the list must be a difference.
void compare(const Fields& schema, const Fields& here, std::span<const Difference> known) {
  std::set<std::string> paths;
  for (const auto& [path, field] : schema) paths.insert(path);
  for (const auto& [path, field] : here) paths.insert(path);
  std::map<std::string, std::string> found;
  for (const std::string& path : paths) {
    const auto there = schema.find(path);
    const auto mine = here.find(path);
    const std::string a = there == schema.end() ? "" : text_of(there->second);
    const std::string b = mine == here.end() ? "" : text_of(mine->second);
    if (a != b) found[path] = skiff::cat(a, " | ", b);
    if (there == schema.end() || mine == here.end() || mine->second.values.empty()) continue;
    const std::set<std::string_view> values(mine->second.values.begin(), mine->second.values.end());
    for (const std::string_view value : there->second.values) {
      CAPTURE(path, value);
      CHECK(values.contains(value));
    }
  }
  std::map<std::string, std::string> expected;
  for (const Difference& difference : known) {
    expected[std::string(difference.path)] = skiff::cat(difference.schema, " | ", difference.here);
  }
  CHECK(found == expected);
}

// Other platforms' properties.
void remove_other_platforms(Fields& schema) {
  static constexpr std::string_view kOthers[] = {
      "/solaris", "/windows", "/vm", "/zos", "/freebsd", "/process/commandLine", "/process/user/username"};
  std::erase_if(schema, [](const auto& entry) {
    return std::ranges::any_of(kOthers, [&](std::string_view other) {
      return entry.first == other || entry.first.starts_with(skiff::cat(other, "/")) ||
             entry.first.starts_with(skiff::cat(other, "[]"));
    });
  });
}

// The schema names the two clocks, here they are the keys of a map (validate() knows the two).
std::string with_any_clock(std::string path) {
  for (const std::string_view clock : {"/linux/timeOffsets/boottime", "/linux/timeOffsets/monotonic"}) {
    if (path.starts_with(clock)) return skiff::cat("/linux/timeOffsets/*", std::string_view(path).substr(clock.size()));
  }
  return path;
}

} // namespace

TEST_CASE("config.json has the properties of the schema", "[schema]") {
  if (kSchemaDir.empty()) {
    WARN(kNoSpecData);
    return;
  }
  Fields schema;
  Schema documents{std::string(kSchemaDir)};
  for (auto& [path, field] : documents.list("config-schema.json")) {
    schema.emplace(with_any_clock(path), field);
  }
  remove_other_platforms(schema);
  static constexpr Difference kKnown[] = {
      // The schema has permission bits only; engines also write the file type, and runc masks it off.
      {"/linux/devices[]/fileMode", "integer 0..511", "uint32"},
      // Required by the text of the specification.
      {"/linux/memoryPolicy/mode", "string", "string required"},
      {"/linux/personality/domain", "string", "string required"},
      // Engines write "pids": {} for no limit.
      {"/linux/resources/pids/limit", "int64 required", "int64"},
      // A terminal's size has 16 bits.
      {"/process/consoleSize/height", "uint64 required", "uint32 required"},
      {"/process/consoleSize/width", "uint64 required", "uint32 required"},
      {"/process/oomScoreAdj", "integer ..", "int32"},
      // validate() has the lower bound.
      {"/hooks/createContainer[]/timeout", "integer 1..", "int32"},
      {"/hooks/createRuntime[]/timeout", "integer 1..", "int32"},
      {"/hooks/poststart[]/timeout", "integer 1..", "int32"},
      {"/hooks/poststop[]/timeout", "integer 1..", "int32"},
      {"/hooks/prestart[]/timeout", "integer 1..", "int32"},
      {"/hooks/startContainer[]/timeout", "integer 1..", "int32"},
  };
  compare(schema, ours<oci::Spec>(), kKnown);
}

TEST_CASE("the state has the properties of the schema", "[schema]") {
  if (kSchemaDir.empty()) {
    WARN(kNoSpecData);
    return;
  }
  static constexpr Difference kKnown[] = {{"/pid", "integer 0..", "int32"}};
  Schema documents{std::string(kSchemaDir)};
  compare(documents.list("state-schema.json"), ours<oci::State>(), kKnown);
}

TEST_CASE("the features have the properties of the schema", "[schema]") {
  if (kSchemaDir.empty()) {
    WARN(kNoSpecData);
    return;
  }
  // In the specification's text and Go types, but forgotten in its schema.
  static constexpr Difference kKnown[] = {
      {"/linux/intelRdt/monitoring", "", "boolean"}, {"/linux/intelRdt/schemata", "", "boolean"},
      {"/linux/memoryPolicy", "", "object"},         {"/linux/memoryPolicy/flags", "", "array"},
      {"/linux/memoryPolicy/flags[]", "", "string"}, {"/linux/memoryPolicy/modes", "", "array"},
      {"/linux/memoryPolicy/modes[]", "", "string"},
  };
  Schema documents{std::string(kSchemaDir)};
  compare(documents.list("features-schema.json"), ours<oci::Features>(), kKnown);
}

TEST_CASE("every Linux field of the specification is described", "[schema]") {
  if (kSchemaDir.empty()) {
    WARN(kNoSpecData);
    return;
  }
  const Fields fields = ours<oci::Spec>();
  const std::string text = read_file(beside_schemas("linux-fields.txt"));
  for (const std::string_view line : skiff::lines(text)) {
    CAPTURE(line);
    CHECK(fields.contains(with_any_clock(std::string(line))));
  }
}
