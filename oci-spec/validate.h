// Rules of the specification that the types cannot say. Each error names the file, the JSON path and what was expected,
// in runc's words where runc has the rule. Nothing here looks at the host: whether a path exists or a feature is
// enabled turns out when it is used.
#pragma once

#include <string_view>

#include "oci-spec/spec.h"

namespace oci {

// The whole config.json of a container that is to be created. It need not have a process: "REQUIRED when start is
// called". Throws SpecError.
void validate(const Spec& spec, std::string_view file);
// The process part alone, as `exec --process` gives it. Throws SpecError.
void validate(const Process& process, std::string_view file);

} // namespace oci
