// How a document is laid out.
#pragma once

namespace oci {

enum class Indent { none, tabs, two_spaces }; // runc writes config.json with tabs, `state` with two spaces

} // namespace oci
