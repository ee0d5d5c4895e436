// D-Bus values from their parts.
#include "runtime/cgroups/bus_value.h"

namespace skiff::cgroups {

BusValue BusValue::bytes(std::span<const uint8_t> values) {
  Parts parts;
  for (const uint8_t value : values) parts.push_back({"y", uint64_t{value}});
  return array("y", std::move(parts));
}

BusValue BusValue::structure(Parts fields) {
  std::string type = "(";
  for (const auto& field : fields) type += field.type;
  return {type + ')', std::move(fields)};
}

BusValue BusValue::variant(BusValue value) {
  Parts parts;
  parts.push_back(std::move(value));
  return {"v", std::move(parts)};
}

} // namespace skiff::cgroups
