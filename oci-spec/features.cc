// Reading and writing the features document.
#include "oci-spec/features.h"

#include "oci-spec/features_describe.h"

namespace oci {

std::string to_json(const Features& features, Indent indent) {
  return json::print(features, indent);
}
Features parse_features(std::string_view json, std::string_view file) {
  return json::read<Features>(json, file);
}

} // namespace oci
