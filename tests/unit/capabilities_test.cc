// Capability names against the kernel's header and the running kernel.
#include "runtime/security/capabilities.h"

#include <linux/capability.h>

#include <fstream>

#include "tests/unit/catch.h"

using namespace std::string_literals;
namespace security = skiff::security;

TEST_CASE("capability names have the kernel's numbers", "[unit][capabilities]") {
  CHECK(security::capability_number("CAP_CHOWN") == CAP_CHOWN);
  CHECK(security::capability_number("CAP_SYS_ADMIN") == CAP_SYS_ADMIN);
  CHECK(security::capability_number("CAP_SETFCAP") == CAP_SETFCAP);
  CHECK(security::capability_number("CAP_SYSLOG") == CAP_SYSLOG);
  CHECK(security::capability_number("CAP_AUDIT_READ") == CAP_AUDIT_READ);
}

TEST_CASE("capability names are taken letter by letter", "[unit][capabilities]") {
  for (const char* name :
       {"", "CAP_", "chown", "cap_chown", "CHOWN", "CAP_CHOWN ", "CAP_CHOW", "CAP_NOTHING", "CAP_64"})
    CHECK_FALSE(security::capability_number(name).has_value());
}

TEST_CASE("the list of capabilities ends with the kernel's last", "[unit][capabilities]") {
  const std::vector<std::string> names = security::capability_names();
  size_t last = 0;
  std::ifstream("/proc/sys/kernel/cap_last_cap") >> last;
  if (last == 0) return; // no procfs
  CHECK(names.size() == std::min<size_t>(last, CAP_LAST_CAP) + 1);
  for (unsigned number = 0; number < names.size(); ++number)
    CHECK(security::capability_number(names[number]) == number);
}

TEST_CASE("resolve makes five sets and collects what is unknown", "[unit][capabilities]") {
  oci::Capabilities asked;
  asked.bounding = {"CAP_CHOWN", "CAP_KILL", "CAP_CHOWN"};
  asked.effective = {"CAP_KILL", "CAP_ZZZ"};
  asked.permitted = {"CAP_SYSLOG"};
  asked.inheritable = {"CAP_AAA", "CAP_ZZZ"};
  asked.ambient = {"CAP_NET_RAW"};
  std::vector<std::string> unknown;
  const security::CapabilitySets sets = security::resolve(asked, unknown);
  CHECK(sets.bounding == (1ULL << CAP_CHOWN | 1ULL << CAP_KILL));
  CHECK(sets.effective == 1ULL << CAP_KILL);
  CHECK(sets.permitted == 1ULL << CAP_SYSLOG); // above bit 31
  CHECK(sets.inheritable == 0);
  CHECK(sets.ambient == 1ULL << CAP_NET_RAW);
  CHECK(unknown == std::vector{"CAP_AAA"s, "CAP_ZZZ"s});
}
