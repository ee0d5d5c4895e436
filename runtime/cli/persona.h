// Under which name the program answers: runc's way is the default, and crun's way when argv[0] is `crun`. The suites
// and callers of the two contradict each other in places; persona.cc has all of them, in one table.
#pragma once

#include <string_view>

#include "runtime/container/store.h"
#include "runtime/log/log.h"

namespace skiff::cli {

enum class Form { runc, crun };                  // of --version and --help
enum class LogNames { any_file, needs_backend }; // --log=X:Y, where X is none of file, syslog, journald

struct Persona {
  std::string_view name; // the first word of --version and of errors
  Form form = Form::runc;
  log::Level threshold = log::Level::info; // of the log, unless --debug or --log-level say otherwise
  LogNames log_names = LogNames::any_file;
  Policy policy;
};

// By the base name of `program`, which is argv[0].
const Persona& persona(std::string_view program);

// What crun's help shows behind "Usage: crun [OPTION...]" for a command.
std::string_view crun_usage(std::string_view command);

} // namespace skiff::cli
