// runtime/stub/: the last stage by itself, with a plan of the test's.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "runtime/base/text.h"
#include "runtime/stub/image.h"
#include "runtime/stub/plan.h"
#include "runtime/sys/file.h"
#include "runtime/sys/process.h"
#include "runtime/sys/socket.h"
#include "tests/unit/catch.h"

namespace stub = skiff::stub;
namespace sys = skiff::sys;
using skiff::cat;

namespace {

// What the stub tells of its failure with this label, to be written below `proc`.
stub::FailedFrame write_label(sys::FdRef proc, const std::string& label) {
  auto [ours, its] = sys::make_socket_pair();
  std::string block(sizeof(stub::Plan), '\0');
  stub::Plan plan{};
  const auto add = [&](const std::string& text) {
    block.resize((block.size() + 7) & ~size_t{7});
    const stub::Span span{static_cast<uint32_t>(block.size()), static_cast<uint32_t>(text.size() + 1)};
    block.append(text.c_str(), text.size() + 1);
    return span;
  };
  plan.label = add(label);
  plan.label_file = add("self/attr/exec");
  plan.sync_fd = ::fcntl(its.get(), F_DUPFD, 100);
  plan.proc_fd = ::fcntl(proc.get(), F_DUPFD, 100);
  plan.size = block.size();
  std::memcpy(block.data(), &plan, sizeof plan);
  const sys::Fd memory = sys::try_memfd("plan", 0).or_throw("memfd");
  sys::try_write_all(memory, block).or_throw("write");
  const sys::Fd passed(::fcntl(memory.get(), F_DUPFD, 100));
  const sys::Fd image = stub::sealed_image();
  const std::string variable = cat("SKIFF_PLAN=", passed.get());
  const sys::Child child = sys::try_clone({}).or_throw("clone");
  if (child.pid == 0) {
    const char* const args[] = {"program", nullptr};
    const char* const env[] = {variable.c_str(), nullptr};
    ::execveat(image.get(), "", const_cast<char* const*>(args), const_cast<char* const*>(env), AT_EMPTY_PATH);
    ::_exit(1);
  }
  its.reset();
  ::close(plan.sync_fd);
  ::close(plan.proc_fd);
  stub::FailedFrame frame{};
  const auto got = sys::try_receive(ours, reinterpret_cast<char*>(&frame), sizeof frame).or_throw("receive");
  (void)child.pidfd.try_wait();
  CHECK(got.size == sizeof frame);
  return frame;
}

} // namespace

// I6, CVE-2025-52881: in a user namespace without a procfs of its own, init has the one that the container has mounted.
TEST_CASE("a label is written to the procfs itself, and to nothing that is mounted or linked there", "[kernel]") {
  char place[] = "/tmp/skiff-stub-XXXXXX";
  REQUIRE(::mkdtemp(place) != nullptr);
  const std::string top = place;
  std::filesystem::create_directories(top + "/elsewhere/attr");
  std::filesystem::create_directories(top + "/proc");
  REQUIRE(::symlink("../elsewhere", (top + "/proc/self").c_str()) == 0);
  const std::string file = top + "/elsewhere/attr/exec";
  (void)sys::open(file, O_CREAT | O_WRONLY, 0600);

  const stub::FailedFrame out = write_label(sys::open(top + "/proc", O_PATH | O_DIRECTORY), "label");
  CHECK(out.step == stub::Step::label);
  CHECK(out.code == EXDEV);
  CHECK(sys::read_file(file).empty());

  // The way to the real one is free; the kernel has no module that knows such a label.
  const stub::FailedFrame real = write_label(sys::open("/proc", O_PATH | O_DIRECTORY), "no such label");
  CHECK(real.step == stub::Step::label);
  CHECK(real.code == EINVAL);
  std::filesystem::remove_all(top);
}
