// The two forms of a log record, and how they get into a file.
#include "tests/unit/catch.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/base/error.h"
#include "runtime/log/format.h"

using skiff::log::Format;
using skiff::log::json_record;
using skiff::log::Level;
using skiff::log::rfc3339;
using skiff::log::text_record;

namespace {

struct Zone {
  explicit Zone(const char* name) {
    ::setenv("TZ", name, 1);
    ::tzset();
  }
  ~Zone() {
    ::unsetenv("TZ");
    ::tzset();
  }
};

std::string content(const std::string& path) {
  std::string bytes(4096, '\0');
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const ssize_t got = ::read(fd, bytes.data(), bytes.size());
  ::close(fd);
  bytes.resize(static_cast<size_t>(std::max<ssize_t>(got, 0)));
  return bytes;
}

} // namespace

TEST_CASE("times carry the zone's offset") {
  {
    const Zone zone("UTC0");
    CHECK(rfc3339(1136214245) == "2006-01-02T15:04:05Z");
  }
  {
    const Zone zone("XXX-05:30");
    CHECK(rfc3339(1136214245) == "2006-01-02T20:34:05+05:30");
  }
  {
    const Zone zone("XXX+07");
    CHECK(rfc3339(1136214245) == "2006-01-02T08:04:05-07:00");
  }
}

TEST_CASE("text records are quoted where logrus quotes") {
  const Zone zone("UTC0");
  const std::string start = "time=\"1970-01-01T00:00:00Z\" level=";
  CHECK(text_record(Level::error, "two words", 0) == start + "error msg=\"two words\"\n");
  CHECK(text_record(Level::warn, "a-b.c_d/e@f^g+1", 0) == start + "warning msg=a-b.c_d/e@f^g+1\n");
  CHECK(text_record(Level::info, "line\nsaid \"x\"", 0) == start + "info msg=\"line\\nsaid \\\"x\\\"\"\n");
  CHECK(text_record(Level::debug, "", 0) == start + "debug\n");
}

TEST_CASE("JSON records are valid whatever the message holds") {
  const Zone zone("UTC0");
  const auto message = [](std::string_view text) {
    const std::string record = json_record(Level::error, text, 0);
    const std::string_view head = R"({"level":"error","msg":)";
    const std::string_view tail = ",\"time\":\"1970-01-01T00:00:00Z\"}\n";
    REQUIRE(record.starts_with(head));
    REQUIRE(record.ends_with(tail));
    return record.substr(head.size(), record.size() - head.size() - tail.size());
  };
  CHECK(message("plain") == R"("plain")");
  CHECK(message("q\"b\\n\nt\tr\r\x01") == R"("q\"b\\n\nt\tr\r\u0001")");
  CHECK(message("<a>&") == R"("\u003ca\u003e\u0026")");
  CHECK(message("\xc3\xa9\xe2\x82\xac\xf0\x9f\x9a\x80") == "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x9a\x80\"");
  CHECK(message("\xff\xc3") == R"("\ufffd\ufffd")");
  CHECK(message("\xed\xa0\x80") == R"("\ufffd\ufffd\ufffd")"); // a surrogate
  CHECK(message("\xc0\xaf") == R"("\ufffd\ufffd")");           // overlong
  CHECK(message(std::string_view("a\0b", 3)) == R"("a\u0000b")");
}

TEST_CASE("records are appended, and those below the threshold are not") {
  char path[] = "/tmp/skiff-log-XXXXXX";
  ::close(::mkstemp(path));
  skiff::log::open({path, Format::json, Level::info});
  CHECK(!skiff::log::to_standard_error());
  skiff::log::error("first");
  skiff::log::open({path, Format::text, Level::info});
  skiff::log::debug("hidden");
  CHECK(!skiff::log::enabled(Level::debug));
  skiff::log::warn("second");
  const std::string all = content(path);
  CHECK(all.starts_with(R"({"level":"error","msg":"first","time":")"));
  CHECK(all.find("level=warning msg=second\n") != std::string::npos);
  CHECK(all.find("hidden") == std::string::npos);
  skiff::log::open({});
  CHECK(skiff::log::to_standard_error());
  ::unlink(path);
}

TEST_CASE("a log that cannot be opened is an error") {
  CHECK_THROWS_WITH(skiff::log::open({"/nonexistent/log", Format::text, Level::info}),
                    "open /nonexistent/log: no such file or directory");
}
