// The log of --log, --log-format and --debug, in runc's two formats. Nothing of spdlog is seen here, and nothing of it
// runs before the first record.
#pragma once

#include <string>
#include <string_view>

namespace skiff::log {

enum class Level { debug, info, warn, error };
enum class Format { text, json };

// crun's further destinations: syslog(3), and systemd-journald.
enum class Backend { file, syslog, journald };

struct Target {
  std::string file; // empty = standard error
  Format format = Format::text;
  Level threshold = Level::info;
  Backend backend = Backend::file;
  std::string identifier = {}; // syslog: the tag; journald: CONTAINER_ID
};

// Says where records go; before it they go to standard error as text. The file is opened here: throws Error.
void open(const Target& target);
bool enabled(Level level);
// Neither a file nor another destination was given. main then has no need to repeat the error on standard error.
bool to_standard_error();

// One record, written with one write(2). Library code logs at debug and warn only; the error is main's.
void write(Level level, std::string_view message);
inline void debug(std::string_view message) {
  write(Level::debug, message);
}
inline void info(std::string_view message) {
  write(Level::info, message);
}
inline void warn(std::string_view message) {
  write(Level::warn, message);
}
inline void error(std::string_view message) {
  write(Level::error, message);
}

} // namespace skiff::log
