// What AppArmor and SELinux want written, for hosts with and without them.
#include "runtime/security/lsm.h"

#include "runtime/base/error.h"
#include "tests/unit/catch.h"

using skiff::security::exec_label;
using skiff::security::LsmSupport;

namespace {

oci::Process process_with(const std::string& apparmor, const std::string& selinux) {
  oci::Process process;
  process.apparmor_profile = apparmor;
  process.selinux_label = selinux;
  return process;
}

std::string error_of(const oci::Process& process, const LsmSupport& support) {
  try {
    (void)exec_label(process, support);
  } catch (const skiff::Error& error) {
    return error.what();
  }
  return "";
}

constexpr LsmSupport kNone;
constexpr LsmSupport kAppArmor{.apparmor = true, .apparmor_directory = true, .selinux = false};
constexpr LsmSupport kOldAppArmor{.apparmor = true, .apparmor_directory = false, .selinux = false};
constexpr LsmSupport kSelinux{.apparmor = false, .apparmor_directory = false, .selinux = true};

} // namespace

TEST_CASE("no label is asked for, none is written", "[unit][lsm]") {
  for (const LsmSupport& support : {kNone, kAppArmor, kSelinux})
    CHECK_FALSE(exec_label(process_with("", ""), support).has_value());
  CHECK_FALSE(exec_label(process_with("", "")).has_value());
}

TEST_CASE("AppArmor has a verb, and a directory of its own since Linux 5.8", "[unit][lsm]") {
  const auto label = exec_label(process_with("docker-default", ""), kAppArmor);
  REQUIRE(label);
  CHECK(label->file == "self/attr/apparmor/exec");
  CHECK(label->text == "exec docker-default");
  CHECK(exec_label(process_with("docker-default", ""), kOldAppArmor)->file == "self/attr/exec");
}

TEST_CASE("SELinux gets the label as it is", "[unit][lsm]") {
  const auto label = exec_label(process_with("", "system_u:system_r:container_t:s0:c1,c2"), kSelinux);
  REQUIRE(label);
  CHECK(label->file == "self/attr/exec");
  CHECK(label->text == "system_u:system_r:container_t:s0:c1,c2");
}

TEST_CASE("a label without its module is an error", "[unit][lsm]") {
  constexpr const char* kNoAppArmor =
      "unable to apply apparmor profile: apparmor: config provided but apparmor not supported";
  constexpr const char* kNoSelinux = "selinux label is specified in config, but selinux is disabled or not supported";
  CHECK(error_of(process_with("p", ""), kNone) == kNoAppArmor);
  CHECK(error_of(process_with("p", ""), kSelinux) == kNoAppArmor);
  CHECK(error_of(process_with("", "l"), kNone) == kNoSelinux);
  CHECK(error_of(process_with("", "l"), kAppArmor) == kNoSelinux);
  CHECK(error_of(process_with("p", "l"), kSelinux) == kNoAppArmor);
  CHECK(error_of(process_with("p", "l"), kAppArmor) == kNoSelinux);
}

TEST_CASE("the host has at most one of the two", "[unit][lsm]") {
  const LsmSupport support = skiff::security::lsm_support();
  CHECK_FALSE((support.apparmor && support.selinux));
  CHECK((support.apparmor || !support.apparmor_directory));
}
