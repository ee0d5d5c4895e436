#include "runtime/checkpoint/criu.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "hooks/ending.h"
#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/log/log.h"
#include "runtime/sys/file.h"
#include "runtime/sys/socket.h"

namespace skiff::checkpoint {

namespace {

constexpr int kSocket = 3;
constexpr int kLeastVersion = 30000; // the first that can be asked for its version

std::string name_of(uint64_t request) {
  switch (static_cast<Request>(request)) {
  case Request::dump:
    return "DUMP";
  case Request::restore:
    return "RESTORE";
  case Request::pre_dump:
    return "PRE_DUMP";
  case Request::notify:
    return "NOTIFY";
  case Request::feature_check:
    return "FEATURE_CHECK";
  case Request::version:
    return "VERSION";
  }
  return cat(request);
}

// Nothing else of what is open goes along, neither of ours nor of the caller's.
void place_files(const CriuStart& start, sys::FdRef socket, sys::Fd& complaints) {
  const int behind = Criu::kFirstFile + static_cast<int>(start.files.size());
  const auto lift = [&](int fd) { return ::fcntl(fd, F_DUPFD_CLOEXEC, behind); };
  complaints.reset(lift(complaints.get()));
  std::vector<int> lifted{lift(socket.get())};
  for (const sys::Fd& file : start.files) lifted.push_back(lift(file.get()));
  for (size_t i = 0; i < lifted.size(); ++i)
    if (lifted[i] < 0 || ::dup2(lifted[i], kSocket + static_cast<int>(i)) < 0) throw Error(errno, "dup2");
  (void)::close_range(static_cast<unsigned>(behind), ~0U, CLOSE_RANGE_CLOEXEC);
  if (start.stdio == Stdio::callers) return;
  const sys::Fd null = sys::open("/dev/null", O_RDWR);
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) (void)::dup2(null.get(), stream);
}

[[noreturn]] void become_criu(const CriuStart& start, sys::FdRef socket, sys::Fd complaints) {
  try {
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    if (start.before) start.before();
    place_files(start, socket, complaints);
    const char* const args[] = {"criu", "swrk", "3", nullptr};
    ::execvp(args[0], const_cast<char* const*>(args));
    if (errno == ENOENT) throw Error("exec: \"criu\": executable file not found in $PATH");
    throw Error(errno, "exec: \"criu\"");
  } catch (const std::exception& error) {
    (void)sys::try_write_all(complaints, error.what());
  }
  ::_exit(1);
}

} // namespace

void require_version(int version, int least) {
  if (version < least) throw Error(cat("CRIU version ", version, " must be ", least, " or higher"));
}

Criu::Criu(const CriuStart& start) {
  auto [ours, its] = sys::make_socket_pair();
  sys::Pipe complaints = sys::make_pipe();
  process_ = sys::try_clone({.flags = start.new_namespaces}).or_throw("clone criu");
  if (process_.pid == 0) become_criu(start, its, std::move(complaints.writer));
  socket_ = std::move(ours);
  its.reset();
  complaints.writer.reset();
  Result<std::string> complaint = sys::try_read_all(complaints.reader);
  if (complaint && !complaint->empty()) {
    (void)process_.pidfd.try_wait();
    throw Error(*complaint);
  }
  try {
    in([] { return "CRIU version check failed"; }, [&] { ask_version(); });
    log::debug(cat("Using CRIU ", version_));
    require_version(version_, kLeastVersion);
  } catch (...) {
    socket_.reset();
    (void)process_.pidfd.try_wait();
    throw;
  }
}

Criu::~Criu() {
  if (waited_) return;
  socket_.reset();
  (void)process_.pidfd.try_wait();
}

void Criu::send(const Message& message) {
  sys::try_send(socket_, message.bytes()).or_throw("write to criu");
}

std::string Criu::receive(sys::Fd& cargo) {
  constexpr size_t kMost = 40960;
  std::string buffer(kMost, '\0');
  Result<sys::Received> got = sys::try_receive(socket_, buffer.data(), buffer.size());
  if (!got && got.error() == EMSGSIZE) throw Error("buffer is too small");
  if (!got) throw Error(got.error(), "read from criu");
  if (got->size == 0) throw Error("unexpected EOF");
  buffer.resize(got->size);
  cargo = std::move(got->cargo);
  if (find_number(buffer, resp::kSuccess).value_or(0) == 0) {
    const uint64_t type = find_number(buffer, resp::kType).value_or(0);
    throw Error(cat("criu failed: type ", name_of(type), " errno ", find_number(buffer, resp::kErrno).value_or(0)));
  }
  return buffer;
}

// For what can be asked before the work itself, of the same process.
std::string Criu::ask(Request request, Message message) {
  send(message.number(req::kType, static_cast<unsigned>(request)).number(req::kKeepOpen, 1));
  sys::Fd cargo;
  return receive(cargo);
}

void Criu::ask_version() {
  const std::string answer = ask(Request::version, {});
  const std::string_view found = find_text(answer, resp::kVersion).value_or("");
  const auto part = [&](unsigned field) { return static_cast<int>(find_number(found, field).value_or(0)); };
  version_ = part(version::kMajor) * 10000 + part(version::kMinor) * 100;
  // One that was built from a checkout is taken for the next minor version.
  version_ += find_text(found, version::kGitId) ? 100 : part(version::kSublevel);
}

void Criu::require(unsigned feature, std::string_view name) {
  const std::string answer = in([] { return "CRIU feature check failed"; },
                                [&] {
                                  Message wanted;
                                  wanted.number(feature, 1);
                                  Message message;
                                  message.message(req::kFeatures, wanted);
                                  return ask(Request::feature_check, message);
                                });
  const std::string_view has = find_text(answer, resp::kFeatures).value_or("");
  if (find_number(has, feature) == 0) throw Error(cat("criu is missing features: [", name, ']'));
}

void Criu::converse(Request request, const std::function<void(Notification&)>& notify) {
  for (;;) {
    Notification notification;
    const std::string answer = receive(notification.cargo);
    const auto type = static_cast<Request>(find_number(answer, resp::kType).value_or(0));
    if (type == request) return;
    if (type != Request::notify) throw Error("unable to parse the response of criu");
    const std::string_view told = find_text(answer, resp::kNotify).value_or("");
    notification.script = find_text(told, notify::kScript).value_or("");
    notification.pid = static_cast<int>(find_number(told, notify::kPid).value_or(0));
    log::debug(cat("notify: ", notification.script));
    notify(notification);
    Message done;
    send(done.number(req::kType, static_cast<unsigned>(Request::notify)).number(req::kNotifySuccess, 1));
  }
}

void Criu::run(Request request, const Message& options, const std::function<void(Notification&)>& notify) {
  log::debug(cat("Using CRIU in ", name_of(static_cast<unsigned>(request)), " mode"));
  Message message;
  send(message.number(req::kType, static_cast<unsigned>(request)).message(req::kOpts, options));
  converse(request, notify);
  (void)::shutdown(socket_.get(), SHUT_WR);
  waited_ = true;
  const sys::ExitStatus status = process_.pidfd.try_wait().or_throw("wait for criu");
  // After a pre-dump it waits for another, and finds nobody there.
  if (status.shell_code() != 0 && request != Request::pre_dump)
    throw Error(cat("criu failed: ", hooks::describe(status)));
}

} // namespace skiff::checkpoint
