// Runs one hook. Used by the runtime and by init, which may be pid 1 of the container; both have one thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "oci-spec/hooks.h"
#include "runtime/base/error.h"
#include "runtime/sys/fd.h"
#include "runtime/sys/process.h"

namespace skiff::hooks {

// How a failure is told that is no more than a warning: runc's warning, or crun's error.
enum class Words { runc, crun };

struct Surroundings {
  std::string directory; // where the hook starts; empty = the caller's current directory
  // For hooks that have no env of their own; null = the caller's environment, as runc and crun do.
  const std::vector<std::string>* default_env = nullptr;
  // What a hook's process does instead of execve(2) of these, which it comes back from only when it fails, with errno
  // set; empty = just that. All of the caller's descriptors are still open, and close-on-exec.
  std::function<void(const char* path, char* const* args, char* const* env)> exec;
  // Where the hooks write, instead of into the error; -1 = into the error.
  sys::FdRef out = sys::FdRef(-1);
  sys::FdRef err = sys::FdRef(-1);
  Words words = Words::runc;
};

// A hook that ran, and failed.
class HookFailed : public Error {
public:
  HookFailed(const sys::ExitStatus& status, std::string what) : Error(std::move(what)), code_(status.shell_code()) {}
  int exit_code() const noexcept { return code_; } // as a shell has it

private:
  int code_;
};

// Starts the hook with `state` on its standard input and waits for its end. The hook has nothing open but its three
// standard descriptors, no signal blocked or ignored, and its path is not searched for. What it writes is kept for the
// error, the last 4 KiB of each stream; children that it leaves behind are not waited for.
// Throws Error in runc's words: "fork/exec PATH: reason", "hook ran past specified timeout of 1.0s"; HookFailed:
// "exit status 1, stdout: , stderr: ...", "signal: killed, stdout: ...".
void run_hook(const oci::Hook& hook, std::string_view state, const Surroundings& surroundings);

} // namespace skiff::hooks
