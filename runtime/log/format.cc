// logrus' TextFormatter and JSONFormatter, as far as runc uses them.
#include "runtime/log/format.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "oci-spec/json/write.h"
#include "runtime/base/text.h"

namespace skiff::log {

namespace {

std::string two_digits(int value) {
  return {static_cast<char>('0' + value / 10 % 10), static_cast<char>('0' + value % 10)};
}

bool is_plain(char c) {
  static constexpr std::string_view kAlsoPlain = "-._/@^+";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kAlsoPlain.find(c) != std::string_view::npos;
}

std::string logfmt_value(std::string_view value) {
  return std::all_of(value.begin(), value.end(), is_plain) ? std::string(value) : quote(value);
}

} // namespace

std::string_view level_name(Level level) {
  static constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warning", "error"};
  return kNames[static_cast<size_t>(level)];
}

std::string rfc3339(std::time_t when) {
  std::tm local{};
  if (::localtime_r(&when, &local) == nullptr) return "1970-01-01T00:00:00Z";
  std::string out = cat(local.tm_year + 1900, '-', two_digits(local.tm_mon + 1), '-', two_digits(local.tm_mday), 'T',
                        two_digits(local.tm_hour), ':', two_digits(local.tm_min), ':', two_digits(local.tm_sec));
  if (local.tm_gmtoff == 0) return out += 'Z';
  const int minutes = static_cast<int>(std::abs(local.tm_gmtoff) / 60);
  return cat(out, local.tm_gmtoff < 0 ? '-' : '+', two_digits(minutes / 60), ':', two_digits(minutes % 60));
}

std::string text_record(Level level, std::string_view message, std::time_t when) {
  std::string out = cat("time=", logfmt_value(rfc3339(when)), " level=", level_name(level));
  if (!message.empty()) out += cat(" msg=", logfmt_value(message));
  return out += '\n';
}

std::string json_record(Level level, std::string_view message, std::time_t when) {
  return cat("{\"level\":\"", level_name(level), "\",\"msg\":", oci::json::quoted(message), ",\"time\":\"",
             rfc3339(when), "\"}\n");
}

namespace {

// syslog(3): LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERR.
int syslog_priority(Level level) {
  static constexpr std::array<int, 4> kPriorities = {7, 6, 4, 3};
  return kPriorities[static_cast<size_t>(level)];
}

// A value with a newline in it is preceded by its length, as 64 bits little endian.
std::string journal_field(std::string_view name, std::string_view value) {
  if (value.find('\n') == std::string_view::npos) return cat(name, '=', value, '\n');
  std::string size;
  for (unsigned shift = 0; shift < 64; shift += 8) size += static_cast<char>(uint64_t{value.size()} >> shift & 0xff);
  return cat(name, '\n', size, value, '\n');
}

} // namespace

std::string syslog_record(Level level, std::string_view message, std::string_view identifier) {
  constexpr int kUserFacility = 1 << 3;
  return cat('<', kUserFacility | syslog_priority(level), '>', identifier, ": ", message);
}

std::string journald_record(Level level, std::string_view message, std::string_view container_id) {
  return cat(journal_field("MESSAGE", message), journal_field("PRIORITY", cat(syslog_priority(level))),
             journal_field("CONTAINER_ID", container_id), journal_field("SYSLOG_IDENTIFIER", "skiff"));
}

} // namespace skiff::log
