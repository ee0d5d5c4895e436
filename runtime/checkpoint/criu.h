// A criu(8) of our own, "criu swrk": it is told what to do over a socket, and asks back at certain moments.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "runtime/checkpoint/protocol.h"
#include "runtime/checkpoint/wire.h"
#include "runtime/sys/fd.h"
#include "runtime/sys/process.h"

namespace skiff::checkpoint {

// What criu tells while it works; it waits for the answer.
struct Notification {
  std::string script; // which moment it is: "post-dump", "setup-namespaces", ...
  int pid = 0;        // the container's first process, where there is one
  sys::Fd cargo;      // "orphan-pts-master"
};

enum class Stdio { null, callers };

struct CriuStart {
  Stdio stdio = Stdio::null;
  std::vector<sys::Fd> files;   // become its descriptors from kFirstFile on
  uint64_t new_namespaces = 0;  // CLONE_NEW*
  std::function<void()> before; // in its process, before it is criu; may throw Error
};

class Criu {
public:
  static constexpr int kFirstFile = 4; // behind the standard streams and the socket

  // Finds criu in $PATH. Throws Error, also for a version below runc's least one.
  explicit Criu(const CriuStart& start);
  Criu(const Criu&) = delete;
  Criu& operator=(const Criu&) = delete;
  // Where run() has not come to its end, criu takes back what it has done, and is waited for.
  ~Criu();

  int pid() const { return process_.pid; }
  // As runc writes it: 4.1.1 is 40101.
  int version() const { return version_; }
  // Throws Error unless criu and the kernel can do this: one of checkpoint::features.
  void require(unsigned feature, std::string_view name);
  // Has it done, and waits for its end. The answer to a notification for which `notify` throws is that it failed.
  // Throws Error.
  void run(Request request, const Message& options, const std::function<void(Notification&)>& notify);

private:
  void ask_version();
  void send(const Message& message);
  std::string receive(sys::Fd& cargo);
  std::string ask(Request request, Message message);
  void converse(Request request, const std::function<void(Notification&)>& notify);

  sys::Fd socket_;
  sys::Child process_;
  bool waited_ = false;
  int version_ = 0;
};

// Throws Error where `version` is below `least`.
void require_version(int version, int least);

} // namespace skiff::checkpoint
