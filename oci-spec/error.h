// The one exception that oci-spec throws.
#pragma once

#include <stdexcept>
#include <string>

namespace oci {

// what() is a whole sentence: file, JSON path, line and column, what was found and what was expected.
class SpecError : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

} // namespace oci
