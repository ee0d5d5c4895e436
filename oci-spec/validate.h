// Rules of the specification that the types cannot say. Each error names the file, the JSON path and what was expected,
// in runc's words where runc has the rule. Nothing here looks at the host: whether a path exists or a feature is
// enabled turns out when it is used.
#pragma once

#include <string_view>

#include "oci-spec/spec.h"

namespace oci {

// What a new user namespace without uidMappings and gidMappings is: runc refuses it, crun has mappings of its own.
enum class EmptyMappings { refuse, accept };

// The whole config.json of a container that is to be created. Throws SpecError.
void validate(const Spec& spec, std::string_view file, EmptyMappings mappings = EmptyMappings::refuse);
// The process part alone, as `exec --process` gives it. Throws SpecError.
void validate(const Process& process, std::string_view file);

} // namespace oci
