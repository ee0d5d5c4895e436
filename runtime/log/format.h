// One log record as logrus writes it: engines parse both forms. Pure functions.
#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "runtime/log/log.h"

namespace skiff::log {

// logrus' words: "debug", "info", "warning", "error".
std::string_view level_name(Level level);
// RFC 3339 in the local time zone, whole seconds: 2006-01-02T15:04:05+07:00, with Z for UTC.
std::string rfc3339(std::time_t when);
// time="..." level=error msg="...", with a newline. A value is quoted only where logrus quotes it.
std::string text_record(Level level, std::string_view message, std::time_t when);
// {"level":"error","msg":"...","time":"..."}, with a newline. Always valid JSON, whatever bytes the message has.
std::string json_record(Level level, std::string_view message, std::time_t when);

// A datagram for /dev/log: "<11>identifier: message", facility user.
std::string syslog_record(Level level, std::string_view message, std::string_view identifier);
// A datagram of journald's native protocol: MESSAGE, PRIORITY, CONTAINER_ID and SYSLOG_IDENTIFIER.
std::string journald_record(Level level, std::string_view message, std::string_view container_id);

} // namespace skiff::log
