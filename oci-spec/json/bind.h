// JSON <-> structs. Each struct has one function template that names its fields, in the order in which they are
// written:
//
//   struct Rlimit { std::string type; uint64_t soft = 0; uint64_t hard = 0; };
//   template <class V> void describe(V& v, Rlimit& r) {
//     v.required("type", r.type); // reading fails without it; always written
//     v.always("hard", r.hard);   // may be missing when read; always written (a Go field without omitempty)
//     v.optional("soft", r.soft); // may be missing when read; left out when it is the zero value (Go's omitempty)
//   }
//
// `describe` stands in the namespace of the struct (argument-dependent lookup finds it there). Three visitors accept
// it: Reader (JSON -> struct), Printer (struct -> JSON) and Lister (the names and kinds, for tests). Then
// read<Rlimit>(text, file), print(rlimit, Indent::none) and list<Rlimit>() work, and so do structs that have an Rlimit
// inside.
//
// A field may be bool, an integer, std::string, an enum, a struct with describe(), and std::optional, std::vector and
// std::map<std::string, ...> of these. An enum has its spellings in a function beside it:
//
//   inline constexpr EnumName<Shape> kShapes[] = {{"round", Shape::round}, {"flat", Shape::flat}};
//   inline std::span<const EnumName<Shape>> names_of(Shape) { return kShapes; }
//
// and may have `std::string refusal(Shape, std::string_view text)`, the message for any other spelling.
// Part headers for the specification's own structs: spec_describe.h, linux_describe.h, resources_describe.h,
// hooks_describe.h, state_describe.h, features_describe.h; include those of the structs that yours contains.
//
// When read, JSON null is "absent", as for Go; unknown names are ignored, as the specification demands.
#pragma once

#include <concepts>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "oci-spec/error.h"
#include "oci-spec/json/parse.h"
#include "oci-spec/json/path.h"
#include "oci-spec/json/value.h"
#include "oci-spec/json/write.h"
#include "runtime/base/text.h"

namespace oci {

template <class E> struct EnumName {
  std::string_view text;
  E value;
};

// The spelling of an enum value.
template <class E>
requires std::is_enum_v<E> std::string_view to_text(E value) {
  for (const EnumName<E>& name : names_of(value)) {
    if (name.value == value) return name.text;
  }
  return {};
}

} // namespace oci

namespace oci::json {

template <class T> inline constexpr bool kIsOptional = false;
template <class T> inline constexpr bool kIsOptional<std::optional<T>> = true;
template <class T> inline constexpr bool kIsVector = false;
template <class T> inline constexpr bool kIsVector<std::vector<T>> = true;
template <class T> inline constexpr bool kIsMap = false;
template <class T> inline constexpr bool kIsMap<std::map<std::string, T>> = true;

// "int64", "uint16", ...: the schema's names of the ranges.
template <std::integral T> std::string integer_kind() {
  return skiff::cat(std::is_signed_v<T> ? "int" : "uint", 8 * sizeof(T));
}

// JSON -> struct. Throws SpecError that names the file, line, column, path, what was expected and what was found.
class Reader {
public:
  Reader(const Document& document, const Value& object, const Step* path)
      : document_(document), object_(object), path_(path) {
    if (object.kind() != Kind::object) fail(object, path, "an object");
  }

  template <class T> void required(std::string_view name, T& field) const {
    const Value* value = object_.find(name);
    // Go writes a nil slice or map without omitempty as null.
    if (value && value->kind() == Kind::null && (kIsVector<T> || kIsMap<T>)) return;
    if (!value || value->kind() == Kind::null) {
      // For Go a missing text is an empty one, and runc has a sentence for that.
      if constexpr (requires { refusal(field, std::string_view()); }) fail_missing(name, refusal(field, {}));
      fail_missing(name, "this required property is missing");
    }
    read_member(name, *value, field);
  }

  template <class T> void optional(std::string_view name, T& field) const {
    const Value* value = object_.find(name);
    if (value && value->kind() != Kind::null) read_member(name, *value, field);
  }

  template <class T> void always(std::string_view name, T& field) const { optional(name, field); }

  template <class T> static T read(const Document& document, const Value& value, const Step* path) {
    return Reader(document, path).template convert<T>(value, path);
  }

private:
  static const Value& empty_object();
  Reader(const Document& document, const Step* path) : Reader(document, empty_object(), path) {}

  template <class T> void read_member(std::string_view name, const Value& value, T& field) const {
    const Step step{path_, Step::Kind::member, name};
    field = convert<T>(value, &step);
  }

  template <class T> T convert(const Value& value, const Step* path) const {
    if constexpr (std::same_as<T, bool>) {
      if (value.kind() != Kind::boolean) fail(value, path, "true or false");
      return value.truth();
    } else if constexpr (std::integral<T>) {
      return convert_integer<T>(value, path);
    } else if constexpr (std::same_as<T, std::string>) {
      if (value.kind() != Kind::string) fail(value, path, "a string");
      return T(value.text());
    } else if constexpr (std::is_enum_v<T>) {
      return convert_enum<T>(value, path);
    } else if constexpr (kIsOptional<T>) {
      return convert_optional<typename T::value_type>(value, path);
    } else if constexpr (kIsVector<T>) {
      return convert_array<typename T::value_type>(value, path);
    } else if constexpr (kIsMap<T>) {
      return convert_map<typename T::mapped_type>(value, path);
    } else {
      T result{};
      Reader inner(document_, value, path);
      describe(inner, result);
      return result;
    }
  }

  template <class T> T convert_integer(const Value& value, const Step* path) const {
    // A fraction or an exponent is refused even if the number is whole (1e3), as Go does.
    const std::optional<T> number =
        value.kind() == Kind::number ? skiff::parse_number<T>(value.text()) : std::optional<T>();
    if (!number) {
      fail(value, path, skiff::cat(std::is_signed_v<T> ? "a signed " : "an unsigned ", 8 * sizeof(T), "-bit integer"));
    }
    return *number;
  }

  template <class T> T convert_enum(const Value& value, const Step* path) const {
    const std::span<const EnumName<T>> names = names_of(T{});
    if (value.kind() == Kind::string) {
      for (const EnumName<T>& name : names) {
        if (name.text == value.text()) return name.value;
      }
      if constexpr (requires { refusal(T{}, value.text()); })
        fail(value, path, refusal(T{}, value.text()), Words::whole);
    }
    std::string expected = "one of";
    std::string_view separator = " ";
    for (const EnumName<T>& name : names) {
      if (name.text.empty()) continue; // another spelling of absence
      expected += skiff::cat(separator, name.text);
      separator = ", ";
    }
    fail(value, path, expected);
  }

  template <class T> std::optional<T> convert_optional(const Value& value, const Step* path) const {
    // A struct may have a form that means the same as its absence.
    if constexpr (requires(const T* type) { stands_for_absent(value, type); }) {
      if (stands_for_absent(value, static_cast<const T*>(nullptr))) return std::nullopt;
    }
    return convert<T>(value, path);
  }

  template <class T> std::vector<T> convert_array(const Value& value, const Step* path) const {
    if (value.kind() != Kind::array) fail(value, path, "an array");
    std::vector<T> result;
    result.reserve(value.items().size());
    for (const Item& item : value.items()) {
      const Step step{path, Step::Kind::element, {}, result.size()};
      result.push_back(convert<T>(item.value, &step));
    }
    return result;
  }

  template <class T> std::map<std::string, T> convert_map(const Value& value, const Step* path) const {
    if (value.kind() != Kind::object) fail(value, path, "an object");
    std::map<std::string, T> result;
    for (const Item& item : value.items()) {
      const Step step{path, Step::Kind::key, item.name};
      result.emplace(item.name, convert<T>(item.value, &step));
    }
    return result;
  }

  enum class Words { expected, whole };
  [[noreturn]] void fail(const Value& value, const Step* path, std::string_view text,
                         Words words = Words::expected) const;
  [[noreturn]] void fail_missing(std::string_view name, std::string_view text) const;

  const Document& document_;
  const Value& object_;
  const Step* path_;
};

// Struct -> JSON.
class Printer {
public:
  explicit Printer(Writer& writer) : writer_(writer) {}

  template <class T> void required(std::string_view name, const T& field) {
    writer_.name(name);
    print(field);
  }

  template <class T> void always(std::string_view name, const T& field) { required(name, field); }

  template <class T> void optional(std::string_view name, const T& field) {
    if (!absent(field)) required(name, field);
  }

  template <class T> void print(const T& value) {
    if constexpr (std::same_as<T, bool>) {
      writer_.boolean(value);
    } else if constexpr (std::signed_integral<T>) {
      writer_.number(int64_t{value});
    } else if constexpr (std::unsigned_integral<T>) {
      writer_.number(uint64_t{value});
    } else if constexpr (std::same_as<T, std::string>) {
      writer_.string(value);
    } else if constexpr (std::is_enum_v<T>) {
      writer_.string(to_text(value));
    } else if constexpr (kIsOptional<T>) {
      value ? print(*value) : writer_.null();
    } else if constexpr (kIsVector<T>) {
      writer_.open_array();
      for (const auto& element : value) print(element);
      writer_.close_array();
    } else if constexpr (kIsMap<T>) {
      writer_.open_object();
      for (const auto& [key, element] : value) required(key, element);
      writer_.close_object();
    } else {
      writer_.open_object();
      // One describe() serves reading and writing, so it takes a reference that could be written to. This visitor only
      // reads through it.
      describe(*this, const_cast<T&>(value));
      writer_.close_object();
    }
  }

private:
  template <class T> static bool absent(const T& value) {
    if constexpr (kIsOptional<T>) {
      return !value.has_value();
    } else if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
      return value == T{};
    } else if constexpr (requires { value.empty(); }) {
      return value.empty();
    } else {
      return false; // as Go: a struct is never empty
    }
  }

  Writer& writer_;
};

// One property of a document.
struct Field {
  std::string path; // "/mounts[]/options[]"; a map's values are "/*"
  std::string kind; // "boolean", "string", "array", "object", or an integer's range: "int64", "uint16", ...
  bool required = false;
  std::vector<std::string_view> values; // the spellings of an enum
};

// The properties of a struct and of all inside it.
class Lister {
public:
  Lister(std::vector<Field>& fields, std::string path) : fields_(fields), path_(std::move(path)) {}

  template <class T> void required(std::string_view name, T&) { list<T>(skiff::cat(path_, "/", name), true); }
  template <class T> void optional(std::string_view name, T&) { list<T>(skiff::cat(path_, "/", name), false); }
  template <class T> void always(std::string_view name, T& field) { optional(name, field); }

private:
  template <class T> void list(const std::string& path, bool required) {
    if constexpr (kIsOptional<T>) {
      list<typename T::value_type>(path, required);
    } else if constexpr (std::same_as<T, bool>) {
      fields_.push_back({path, "boolean", required, {}});
    } else if constexpr (std::integral<T>) {
      fields_.push_back({path, integer_kind<T>(), required, {}});
    } else if constexpr (std::same_as<T, std::string>) {
      fields_.push_back({path, "string", required, {}});
    } else if constexpr (std::is_enum_v<T>) {
      fields_.push_back({path, "string", required, {}});
      for (const EnumName<T>& name : names_of(T{})) fields_.back().values.push_back(name.text);
    } else if constexpr (kIsVector<T>) {
      fields_.push_back({path, "array", required, {}});
      list<typename T::value_type>(path + "[]", false);
    } else if constexpr (kIsMap<T>) {
      fields_.push_back({path, "object", required, {}});
      list<typename T::mapped_type>(path + "/*", false);
    } else {
      fields_.push_back({path, "object", required, {}});
      T sample{};
      Lister inner(fields_, path);
      describe(inner, sample);
    }
  }

  std::vector<Field>& fields_;
  std::string path_;
};

// Parses a document into a struct. `file` names it in errors. Throws SpecError.
template <class T> T read(std::string_view text, std::string_view file) {
  const Document document = parse(text, file);
  return Reader::read<T>(document, document.root(), nullptr);
}

template <class T> std::string print(const T& value, Indent indent) {
  Writer writer(indent);
  Printer(writer).print(value);
  return std::move(writer).take();
}

// The properties of a document that is a T.
template <class T> std::vector<Field> list() {
  std::vector<Field> fields;
  T sample{};
  Lister lister(fields, "");
  describe(lister, sample);
  return fields;
}

} // namespace oci::json
