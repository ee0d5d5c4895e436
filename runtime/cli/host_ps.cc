// Running ps(1), and reading its table.
#include "runtime/cli/host_ps.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"

namespace skiff::cli {

namespace {

constexpr int kNotFound = 127; // as shells say it

[[noreturn]] void become_ps(const std::vector<std::string>& options, sys::FdRef output) {
  std::vector<char*> words = {const_cast<char*>("ps")};
  for (const std::string& option : options) words.push_back(const_cast<char*>(option.c_str()));
  words.push_back(nullptr);
  if (::dup2(output.get(), STDOUT_FILENO) >= 0 && ::dup2(output.get(), STDERR_FILENO) >= 0) {
    (void)::execvp("ps", words.data());
  }
  ::_exit(errno == ENOENT ? kNotFound : EXIT_FAILURE);
}

std::vector<std::string_view> fields(std::string_view line) {
  std::vector<std::string_view> out = split(line, ' ');
  std::erase_if(out, [](std::string_view field) { return field.empty(); });
  return out;
}

} // namespace

std::string host_ps(const std::vector<std::string>& options) {
  sys::Pipe pipe = sys::make_pipe();
  const sys::Child child = sys::try_clone({}).or_throw("run ps");
  if (child.pid == 0) become_ps(options, pipe.writer);
  pipe.writer.reset();
  // A container's processes may have arguments of any length.
  constexpr size_t kMost = 256 << 20;
  Result<std::string> output = sys::try_read_all(pipe.reader, kMost);
  pipe.reader.reset(); // or a ps that has more to say would wait for us
  const sys::ExitStatus status = child.pidfd.try_wait().or_throw("wait for ps");
  const std::string text = std::move(output).or_throw("read from ps");
  if (status.signal != 0) throw Error(cat("signal ", status.signal, ": ", text));
  if (status.code == kNotFound && text.empty()) throw Error("exec: \"ps\": executable file not found in $PATH: ");
  if (status.code != 0) throw Error(cat("exit status ", status.code, ": ", text));
  return text;
}

std::string lines_of_processes(std::string_view table, std::span<const int> pids) {
  const std::vector<std::string_view> all = lines(table);
  if (all.empty()) throw Error("couldn't find PID field in ps output");
  const auto titles = fields(all.front());
  const auto title = std::find(titles.begin(), titles.end(), "PID");
  if (title == titles.end()) throw Error("couldn't find PID field in ps output");
  const auto column = static_cast<size_t>(title - titles.begin());
  std::string out = cat(all.front(), '\n');
  for (const std::string_view line : all) {
    if (line.empty() || line.data() == all.front().data()) continue;
    const auto cells = fields(line);
    const auto pid = column < cells.size() ? parse_number<int>(cells[column]) : std::optional<int>();
    if (!pid) throw Error(cat("unable to parse pid: ", quote(line)));
    if (std::find(pids.begin(), pids.end(), *pid) != pids.end()) out += cat(line, '\n');
  }
  return out;
}

} // namespace skiff::cli
