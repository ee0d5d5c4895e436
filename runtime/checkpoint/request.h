// What the requests to dump and to restore have in common.
#pragma once

#include <string>

#include "runtime/checkpoint/options.h"
#include "runtime/checkpoint/wire.h"
#include "runtime/container/record.h"
#include "runtime/sys/fd.h"

namespace skiff::checkpoint {

// The images' directory and that of criu's log: open while criu works, which takes them from us.
struct Directories {
  sys::DirFd images, work; // work: empty = the images'
  std::string log;         // path of the log
};
// Makes the one for work if it is missing. Throws Error.
Directories open_directories(const CriuOptions& options, std::string_view log_name);
// The same as another process sees them, in whose mount namespace criu can mount something in them.
Directories reopen_in(int pid, const Directories& directories);

// criu_opts with what both have; of `record` its annotations, and whether there is a cgroup that criu could manage.
Message common_request(const CriuOptions& options, const Directories& directories, std::string_view log_name,
                       const Record& record);

// A message of two texts, or of a text and a number, as a field of criu_opts.
void add_pair(Message& opts, unsigned field, std::string_view first, std::string_view second);
void add_pair(Message& opts, unsigned field, std::string_view first, uint64_t second);

// Quotes the errors in criu's log as warnings.
void quote_errors(const std::string& log);

} // namespace skiff::checkpoint
