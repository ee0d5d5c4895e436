#include "runtime/init/hostname.h"

#include <unistd.h>

#include "runtime/base/error.h"

namespace skiff::init {

void set_names(const std::string& hostname, const std::string& domainname) {
  if (!hostname.empty() && ::sethostname(hostname.data(), hostname.size()) != 0) throw Error(errno, "sethostname");
  if (!domainname.empty() && ::setdomainname(domainname.data(), domainname.size()) != 0)
    throw Error(errno, "setdomainname");
}

} // namespace skiff::init
