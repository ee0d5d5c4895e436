// runtime/cli/units.h and the table of runtime/cli/host_ps.h.
#include <vector>

#include "runtime/base/error.h"
#include "runtime/cli/host_ps.h"
#include "runtime/cli/units.h"
#include "tests/unit/catch.h"

using skiff::cli::parse_bytes;
using skiff::cli::parse_duration;

namespace {

template <class Body> std::string failure(Body&& body) {
  try {
    body();
  } catch (const skiff::Error& error) {
    return error.what();
  }
  return "";
}

} // namespace

TEST_CASE("sizes have units of 1024", "[cli]") {
  CHECK(parse_bytes("0") == 0);
  CHECK(parse_bytes("32") == 32);
  CHECK(parse_bytes("32b") == 32);
  CHECK(parse_bytes("32 B") == 32);
  CHECK(parse_bytes("32k") == 32 << 10);
  CHECK(parse_bytes("32KB") == 32 << 10);
  CHECK(parse_bytes("32Kib") == 32 << 10);
  CHECK(parse_bytes("64M") == 64 << 20);
  CHECK(parse_bytes("1.5G") == int64_t{3} << 29);
  CHECK(parse_bytes("2 tb") == int64_t{2} << 40);
  CHECK(parse_bytes("1p") == int64_t{1} << 50);
  CHECK(parse_bytes("9223372036854770000") == 9223372036854769664); // a double on the way, as in Go
}

TEST_CASE("what is no size", "[cli]") {
  CHECK(failure([] { parse_bytes("M"); }) == "invalid size: 'M'");
  CHECK(failure([] { parse_bytes(""); }) == "invalid size: ''");
  CHECK(failure([] { parse_bytes("-5"); }) == "invalid size: '-5'");
  CHECK(failure([] { parse_bytes("1.2.3"); }) == "invalid size: '1.2.3'");
  CHECK(failure([] { parse_bytes("5x"); }) == "invalid suffix: 'x'");
  CHECK(failure([] { parse_bytes("5mbb"); }) == "invalid suffix: 'mbb'");
  CHECK(failure([] { parse_bytes("99999p"); }) == "invalid size: '99999p'");
}

TEST_CASE("durations", "[cli]") {
  CHECK(parse_duration("5s") == 5000);
  CHECK(parse_duration("100ms") == 100);
  CHECK(parse_duration("1m30s") == 90000);
  CHECK(parse_duration("1.5h") == 5400000);
  CHECK(parse_duration("0") == 0);
  CHECK(parse_duration("-1s") == -1000);
  CHECK(parse_duration("10us") == 1);
  CHECK(failure([] { parse_duration("5"); }) == R"(time: missing unit in duration "5")");
  CHECK(failure([] { parse_duration("5x"); }) == R"(time: unknown unit "x" in duration "5x")");
  CHECK(failure([] { parse_duration(""); }) == R"(time: invalid duration "")");
  CHECK(failure([] { parse_duration("s"); }) == R"(time: invalid duration "s")");
}

TEST_CASE("the lines of ps that are the container's", "[cli]") {
  const std::vector<int> pids = {12, 345};
  CHECK(skiff::cli::lines_of_processes("UID   PID CMD\nroot   12 sh 345\nroot  112 x\nroot  345 y\n", pids) ==
        "UID   PID CMD\nroot   12 sh 345\nroot  345 y\n");
  CHECK(skiff::cli::lines_of_processes("  PID\n", pids) == "  PID\n");
  CHECK(failure([&] { skiff::cli::lines_of_processes("UID CMD\nroot x\n", pids); }) ==
        "couldn't find PID field in ps output");
  CHECK(failure([&] { skiff::cli::lines_of_processes("", pids); }) == "couldn't find PID field in ps output");
  CHECK(failure([&] { skiff::cli::lines_of_processes("PID\nx\n", pids); }) == R"(unable to parse pid: "x")");
}
