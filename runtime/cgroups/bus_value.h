// Values of the D-Bus type system: the D-Bus Specification, "Type System". Data only; bus.cc puts them into messages.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace skiff::cgroups {

// One complete value. What `content` holds follows from the first character of `type`: bool for b, uint64_t for y q u
// t, int64_t for n i x, double for d, std::string for s o g, and the parts of an array, a structure, a dictionary entry
// or (one) of a variant.
struct BusValue {
  using Parts = std::vector<BusValue>;

  std::string type; // D-Bus signature
  std::variant<bool, uint64_t, int64_t, double, std::string, Parts> content;

  bool operator==(const BusValue&) const = default;

  static BusValue boolean(bool value) { return {"b", value}; }
  static BusValue u32(uint32_t value) { return {"u", uint64_t{value}}; }
  static BusValue u64(uint64_t value) { return {"t", value}; }
  static BusValue text(std::string_view value) { return {"s", std::string(value)}; }
  static BusValue array(std::string_view element_type, Parts elements) {
    return {"a" + std::string(element_type), std::move(elements)};
  }
  static BusValue bytes(std::span<const uint8_t> values);
  static BusValue structure(Parts fields);
  static BusValue variant(BusValue value);
};

// A value in GVariant's text format ("uint64 30", "'inactive-or-failed'", "['a', 'b']", "@as []"), as far as runc reads
// it. A number without a type is an int32 or, with a point or exponent, a double. Throws Error.
BusValue parse_bus_value(std::string_view text);

} // namespace skiff::cgroups
