#include "runtime/container/record.h"

#include <fcntl.h>

#include "oci-spec/hooks_describe.h"
#include "oci-spec/json/bind.h"
#include "oci-spec/linux_describe.h"
#include "runtime/base/error.h"
#include "runtime/base/messages.h"
#include "runtime/base/text.h"
#include "runtime/cgroups/place_json.h"
#include "runtime/resctrl/place_json.h"
#include "runtime/sys/file.h"

namespace skiff {

namespace {

constexpr const char* kFile = "state.json";
constexpr int kVersion = 1;

} // namespace

template <class V> void describe(V& v, ProcessIdentity& identity) {
  v.required("pid", identity.pid);
  v.required("startTime", identity.start_time);
}

template <class V> void describe(V& v, Record& record) {
  v.required("version", record.version);
  v.required("id", record.id);
  v.required("ociVersion", record.oci_version);
  v.required("bundle", record.bundle);
  v.required("rootfs", record.rootfs);
  v.required("created", record.created);
  v.optional("annotations", record.annotations);
  v.required("init", record.init);
  v.optional("namespaces", record.namespaces);
  v.required("cgroup", record.cgroup);
  v.optional("resctrl", record.resctrl);
  v.optional("hooks", record.hooks);
  v.optional("resources", record.resources);
  v.optional("hasNoProgram", record.has_no_program);
  v.optional("stdio", record.stdio);
  v.always("newKeyring", record.new_keyring);
}

std::string to_json(const Record& record) {
  return oci::json::print(record, oci::Indent::none);
}

Record read_record(sys::FdRef state_dir) {
  Result<std::string> text = sys::try_read_file(state_dir, kFile);
  if (!text && text.error() == ENOENT) throw Error(std::string(messages::kNotExist));
  const std::string bytes = std::move(text).or_throw([] { return cat("read ", kFile); });
  try {
    Record record = oci::json::read<Record>(bytes, kFile);
    if (record.version != kVersion)
      throw Error(cat(kFile, ": version ", record.version, " is not the version ", kVersion, " of this runtime"));
    return record;
  } catch (const oci::SpecError& error) {
    throw Error(error.what());
  }
}

bool has_record(sys::FdRef state_dir) {
  return static_cast<bool>(sys::try_stat(state_dir, kFile));
}

Result<sys::PidFd> living_init(const Record& record) {
  const auto is_gone = [](int error) { return error == ESRCH || error == ENOENT || error == EINVAL; };
  Result<sys::PidFd> pidfd = sys::try_pidfd(record.init.pid);
  if (!pidfd && is_gone(pidfd.error())) return Errno{ESRCH};
  if (!pidfd) throw Error(pidfd.error(), "look for container init");
  Result<sys::ProcessStat> stat = sys::try_process_stat(record.init.pid);
  if (!stat && !is_gone(stat.error())) throw Error(stat.error(), "look for container init");
  const bool is_alive = stat && stat->start_time == record.init.start_time && stat->state != 'Z' && stat->state != 'X';
  if (!is_alive) return Errno{ESRCH};
  return pidfd;
}

void write_record(sys::FdRef state_dir, const Record& record) {
  const std::string json = to_json(record);
  // Nobody could read it again, nor delete the container.
  if (json.size() > oci::json::kLargestDocument) throw Error(EFBIG, cat("write ", kFile));
  sys::atomic_replace(state_dir, kFile, json, 0600);
}

oci::State state_of(const Record& record, oci::Status status, int pid) {
  oci::State state;
  state.oci_version = record.oci_version;
  state.id = record.id;
  state.status = status;
  state.pid = pid;
  state.bundle = record.bundle;
  state.annotations = record.annotations;
  return state;
}

} // namespace skiff
