#include "runtime/container/crun_status.h"

#include <unistd.h>

#include "oci-spec/json/write.h"
#include "runtime/base/text.h"
#include "runtime/sys/file.h"

namespace skiff {

namespace {

// Where the first process's standard input, output and error go, for a restore: an array of paths, as one text.
std::string descriptors(int pid) {
  oci::json::Writer writer(oci::Indent::none);
  writer.open_array();
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    const std::string link = cat("/proc/", pid, "/fd/", number);
    writer.string(sys::read_link(sys::FdRef(sys::kCwd), link.c_str()).value_or("/dev/null"));
  }
  writer.close_array();
  return std::move(writer).take();
}

std::string cgroup_path(const cgroups::Place& place) {
  if (!place.unified.empty()) return place.unified;
  return place.legacy.empty() ? std::string() : place.legacy.begin()->second;
}

} // namespace

void write_crun_status(const StateDir& dir, const Record& record, CgroupManager manager) {
  oci::json::Writer writer(oci::Indent::two_spaces);
  const auto text = [&](std::string_view name, std::string_view value) {
    writer.name(name);
    writer.string(value);
  };
  const auto flag = [&](std::string_view name, bool value) {
    writer.name(name);
    writer.boolean(value);
  };
  writer.open_object();
  writer.name("pid");
  writer.number(int64_t{record.init.pid});
  writer.name("process-start-time");
  writer.number(static_cast<int64_t>(record.init.start_time));
  text("cgroup-path", cgroup_path(record.cgroup));
  text("scope", "");
  text("rootfs", record.rootfs);
  flag("systemd-cgroup", manager == CgroupManager::systemd);
  text("bundle", record.bundle);
  text("created", record.created);
  flag("detached", true);
  text("external_descriptors", descriptors(record.init.pid));
  writer.close_object();
  sys::atomic_replace(dir.fd(), "status", std::move(writer).take(), 0600);
}

} // namespace skiff
