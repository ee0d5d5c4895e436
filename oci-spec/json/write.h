// Tree-less writing of JSON, byte for byte as Go's encoding/json does (json.Marshal, json.MarshalIndent): engines and
// tests compare such texts. yajl_gen is not used because it can neither write "{}" for an empty object when indenting
// nor Go's escapes.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "oci-spec/json/indent.h"

namespace oci::json {

// Calls must make up one value: open ... close, and in an object each value after its name(). Names are written in the
// order of the calls.
class Writer {
public:
  explicit Writer(Indent indent) : indent_(indent) {}

  void open_object() { open('{'); }
  void close_object() { close('}'); }
  void open_array() { open('['); }
  void close_array() { close(']'); }
  void name(std::string_view name);
  void string(std::string_view text);
  void boolean(bool truth) { raw(truth ? "true" : "false"); }
  void null() { raw("null"); }
  void number(int64_t number) { raw(std::to_string(number)); }
  void number(uint64_t number) { raw(std::to_string(number)); }
  // A number or a whole value that is JSON already.
  void raw(std::string_view json);

  // The text so far, without a newline at the end.
  std::string take() && { return std::move(out_); }

private:
  void open(char bracket);
  void close(char bracket);
  void before_value();
  void new_line();

  Indent indent_;
  std::string out_;
  std::vector<bool> empty_; // for each open container, whether nothing is in it yet
  bool after_name_ = false;
};

// The text in quotes with Go's escapes: also of <, > and &, and of U+2028 and U+2029; invalid UTF-8 becomes U+FFFD.
std::string quoted(std::string_view text);

} // namespace oci::json
