// config.md, "Hostname" and "Domainname".
#pragma once

#include <string>

namespace skiff::init {

// Empty names are left as they are.
void set_names(const std::string& hostname, const std::string& domainname);

} // namespace skiff::init
