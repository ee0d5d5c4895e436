// The messages of Reader.
#include "oci-spec/json/bind.h"

namespace oci::json {

std::string path_text(const Step* step) {
  if (!step) return {};
  std::string path = path_text(step->parent);
  switch (step->kind) {
  case Step::Kind::member:
    if (!path.empty()) path += '.';
    return path += step->name;
  case Step::Kind::key:
    return path += skiff::cat('[', skiff::quote(step->name), ']');
  case Step::Kind::element:
    return path += skiff::cat('[', step->index, ']');
  }
  return path;
}

const Value& Reader::empty_object() {
  static const Value kEmpty = Value::container(Kind::object, 0, {});
  return kEmpty;
}

void Reader::fail(const Value& value, const Step* path, std::string_view text, Words words) const {
  std::string message = skiff::cat(document_.place(value.offset()), ": ");
  if (path) message += skiff::cat(path_text(path), ": ");
  message +=
      words == Words::whole ? std::string(text) : skiff::cat("expected ", text, ", found ", describe_found(value));
  throw SpecError(message);
}

void Reader::fail_missing(std::string_view name, std::string_view text) const {
  const Step step{path_, Step::Kind::member, name};
  throw SpecError(skiff::cat(document_.place(object_.offset()), ": ", path_text(&step), ": ", text));
}

} // namespace oci::json
