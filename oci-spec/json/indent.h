// How a document is laid out.
#pragma once

namespace oci {

// As runc: config.json with tabs, `state` with two spaces, `features` with four.
enum class Indent { none, tabs, two_spaces, four_spaces };

} // namespace oci
