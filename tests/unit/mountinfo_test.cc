// The lines of mountinfo.
#include "runtime/sys/mountinfo.h"

#include "tests/unit/catch.h"

using skiff::sys::MountReader;
using skiff::sys::unescape;

TEST_CASE("mountinfo is read line by line", "[unit][mountinfo]") {
  MountReader reader("31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
                     "32 31 0:29 /docker/x /a\\040b ro,nosuid shared:5 master:2 - cgroup cgroup rw,cpu,cpuacct\n"
                     "no such line\n"
                     "\n"
                     "40 31 0:4 mnt:[4026532209] /run/ns rw - nsfs  rw"); // a source may be empty
  auto mount = reader.next();
  REQUIRE(mount);
  CHECK(mount->root == "/");
  CHECK(mount->mount_point == "/sys/fs/cgroup");
  CHECK(mount->type == "tmpfs");
  CHECK(mount->super_options == "rw,mode=755");
  mount = reader.next();
  REQUIRE(mount);
  CHECK(mount->root == "/docker/x");
  CHECK(unescape(mount->mount_point) == "/a b");
  CHECK(mount->type == "cgroup");
  CHECK(mount->super_options == "rw,cpu,cpuacct");
  mount = reader.next();
  REQUIRE(mount);
  CHECK(mount->root == "mnt:[4026532209]");
  CHECK(mount->type == "nsfs");
  CHECK_FALSE(reader.next());
  CHECK_FALSE(reader.next());
}

TEST_CASE("octal numbers of mountinfo", "[unit][mountinfo]") {
  CHECK(unescape("") == "");
  CHECK(unescape("\\040\\011\\012\\134") == " \t\n\\");
  CHECK(unescape("a\\04") == "a\\04");
  CHECK(unescape("\\09x") == "\\09x");
}
