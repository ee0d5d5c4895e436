// spdlog behind log.h: one logger without the registry, one sink of ours, made at the first record. spdlog's own sinks
// write through stdio or take several writes; ours is one write(2), which O_APPEND makes whole even among several
// runtimes that share a file.
#include "runtime/log/log.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include <spdlog/logger.h>
#include <spdlog/sinks/sink.h>

#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/log/format.h"
#include "runtime/sys/fd.h"
#include "runtime/sys/socket.h"

namespace skiff::log {

namespace {

constexpr spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
  case Level::debug:
    return spdlog::level::debug;
  case Level::info:
    return spdlog::level::info;
  case Level::warn:
    return spdlog::level::warn;
  case Level::error:
    return spdlog::level::err;
  }
  return spdlog::level::err;
}

constexpr Level from_spdlog(spdlog::level::level_enum level) {
  switch (level) {
  case spdlog::level::trace:
  case spdlog::level::debug:
    return Level::debug;
  case spdlog::level::info:
    return Level::info;
  case spdlog::level::warn:
    return Level::warn;
  default:
    return Level::error;
  }
}

class AppendSink final : public spdlog::sinks::sink {
public:
  AppendSink(int fd, Format format) : fd_(fd), format_(format) {}

  void log(const spdlog::details::log_msg& record) override {
    const std::string_view message(record.payload.data(), record.payload.size());
    const std::time_t when = std::chrono::system_clock::to_time_t(record.time);
    const Level level = from_spdlog(record.level);
    const std::string line =
        format_ == Format::json ? json_record(level, message, when) : text_record(level, message, when);
    // A log that cannot be written has no place to say so.
    (void)!::write(fd_, line.data(), line.size());
  }
  void flush() override {}
  // The two formats are all there is.
  void set_pattern(const std::string&) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

private:
  int fd_;
  Format format_;
};

// One datagram a record to the socket of syslogd or journald: both are told the level by syslog's numbers.
class DatagramSink final : public spdlog::sinks::sink {
public:
  DatagramSink(int socket, Backend backend, std::string identifier)
      : socket_(socket), backend_(backend), identifier_(std::move(identifier)) {}

  void log(const spdlog::details::log_msg& record) override {
    const std::string_view message(record.payload.data(), record.payload.size());
    const Level level = from_spdlog(record.level);
    const std::string datagram = backend_ == Backend::syslog ? syslog_record(level, message, identifier_)
                                                             : journald_record(level, message, identifier_);
    (void)!::send(socket_, datagram.data(), datagram.size(), MSG_NOSIGNAL);
  }
  void flush() override {}
  void set_pattern(const std::string&) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

private:
  int socket_;
  Backend backend_;
  std::string identifier_;
};

// Empty on a host without the daemon: then it is standard error after all.
sys::Fd open_daemon(Backend backend) {
  Result<sys::Fd> socket =
      sys::try_connect_datagram(backend == Backend::syslog ? "/dev/log" : "/run/systemd/journal/socket");
  return socket ? std::move(*socket) : sys::Fd();
}

// The log of this process.
struct Log {
  sys::Fd file; // empty = standard error
  Format format = Format::text;
  Level threshold = Level::info;
  Backend backend = Backend::file;
  std::string identifier;
  std::optional<spdlog::logger> logger; // made at the first record
};

Log& log() {
  static Log instance;
  return instance;
}

} // namespace

void open(const Target& target) {
  sys::Fd file;
  if (target.backend != Backend::file) {
    file = open_daemon(target.backend);
  } else if (!target.file.empty()) {
    file.reset(::open(target.file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    if (!file) throw Error(errno, cat("open ", target.file));
  }
  log().file = std::move(file);
  log().backend = target.backend;
  log().identifier = target.identifier;
  log().format = target.format;
  log().threshold = target.threshold;
  log().logger.reset();
}

bool enabled(Level level) {
  return level >= log().threshold;
}

bool to_standard_error() {
  return !log().file;
}

void write(Level level, std::string_view message) {
  Log& self = log();
  if (!enabled(level)) return;
  if (!self.logger) {
    const int fd = self.file ? self.file.get() : STDERR_FILENO;
    if (self.backend == Backend::file || !self.file)
      self.logger.emplace(std::string(), std::make_shared<AppendSink>(fd, self.format));
    else
      self.logger.emplace(std::string(), std::make_shared<DatagramSink>(fd, self.backend, self.identifier));
    self.logger->set_level(to_spdlog(self.threshold));
  }
  self.logger->log(to_spdlog(level), spdlog::string_view_t(message.data(), message.size()));
}

} // namespace skiff::log
