#include "runtime/checkpoint/dump.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "oci-spec/json/write.h"
#include "oci-spec/spec.h"
#include "runtime/base/text.h"
#include "runtime/checkpoint/criu.h"
#include "runtime/checkpoint/external_mounts.h"
#include "runtime/checkpoint/names.h"
#include "runtime/checkpoint/request.h"
#include "runtime/container/container.h"
#include "runtime/container/creation.h"
#include "runtime/container/names.h"
#include "runtime/container/notify.h"
#include "runtime/launch/idmap.h"
#include "runtime/launch/plan_parts.h"
#include "runtime/log/log.h"
#include "runtime/sys/file.h"

namespace skiff::checkpoint {

namespace {

constexpr const char* kLog = "dump.log";

class Dump {
public:
  Dump(const Home& home, const std::string& id, const DumpOptions& options)
      : home_(home), options_(options), dir_(store::open(home, id)) {
    dir_.lock();
    record_ = read_record(dir_.fd());
    spec_ = oci::parse_spec(sys::try_read_file(dir_.fd(), names::kConfig).or_throw("read the configuration"),
                            names::kConfig);
    const oci::Status now = Container::open(home, id).status();
    if (now != oci::Status::running && now != oci::Status::paused)
      throw Error(cat("Container cannot be checkpointed in ", oci::to_string(now), " state"));
  }
  void run();

private:
  void make_images() const;
  launch::InitPlan mounts_of_container() const;
  void check_status_fd(Criu& criu, Message& request);
  void add_options(Message& request) const;
  void add_namespaces(Message& request, int version) const;
  void add_freezer(Message& request, int version) const;
  void add_mounts(Message& request) const;
  void write_descriptors(sys::FdRef images) const;
  void handle(const Notification& notification);

  const Home& home_;
  const DumpOptions& options_;
  StateDir dir_;
  Record record_;
  oci::Spec spec_;
  int status_fd_ = -1;
};

// A process's memory is nobody else's. But what is restored in a user namespace reads the images by the rights that it
// has there.
void Dump::make_images() const {
  const char* const path = options_.image_path.c_str();
  if (sys::exists(options_.image_path)) return;
  sys::make_dirs(options_.image_path, 0700);
  if (!spec_.linux_ || spec_.linux_->gid_mappings.empty()) return;
  const gid_t group = launch::host_id(0, spec_.linux_->gid_mappings);
  if (::chown(path, static_cast<uid_t>(-1), group) != 0 || ::chmod(path, 0710) != 0) throw Error(errno, path);
}

// Without opening anything of what they come from, which need not be there any more.
launch::InitPlan Dump::mounts_of_container() const {
  launch::InitPlan plan;
  plan.rootfs = record_.rootfs;
  for (const oci::Namespace& ns : record_.namespaces)
    if (ns.type == oci::NamespaceType::cgroup) plan.new_cgroup_ns = true;
  for (const oci::Mount& mount : spec_.mounts)
    plan.mounts.push_back(launch::plan_mount(mount, plan, {.id = record_.id, .bundle = record_.bundle}));
  if (NotifySocket::was_prepared(dir_))
    plan.mounts.push_back(launch::plan_mount(NotifySocket::mount(dir_, home_.policy), plan, {}));
  launch::plan_devices(plan, spec_);
  if (spec_.linux_) plan.masked_paths = spec_.linux_->masked_paths;
  return plan;
}

void Dump::add_options(Message& request) const {
  request.number(opts::kPid, static_cast<uint64_t>(record_.init.pid)).text(opts::kRoot, record_.rootfs);
  request.number(opts::kLeaveRunning, options_.leave_running ? 1 : 0);
  request.number(opts::kTcpSkipInFlight, options_.tcp_skip_in_flight ? 1 : 0);
  request.number(opts::kLinkRemap, options_.link_remap ? 1 : 0);
  if (!options_.page_server.empty()) add_pair(request, opts::kPs, options_.page_server, options_.page_server_port);
  if (!options_.parent_path.empty()) request.text(opts::kParentImg, options_.parent_path).number(opts::kTrackMem, 1);
}

// Namespaces of others stay what they are; a restore finds them by these names.
void Dump::add_namespaces(Message& request, int version) const {
  for (const oci::Namespace& ns : record_.namespaces) {
    const ExternalNamespace* external = external_namespace(ns.type);
    if (external == nullptr || ns.path.empty()) continue;
    if (version < external->least_version)
      throw Error(cat("criu lacks support for external ", external->name,
                      " namespace during checkpointing process (old criu version?)"));
    const struct stat st =
        sys::try_stat(sys::FdRef(sys::kCwd), ns.path.c_str()).or_throw([&] { return cat("stat ", ns.path); });
    request.text(opts::kExternal, cat(external->name, '[', st.st_ino, "]:", external->key));
  }
}

// Else criu stops the processes one by one.
void Dump::add_freezer(Message& request, int version) const {
  constexpr int kKnowsCgroup2 = 31400;
  for (const auto& [controllers, directory] : record_.cgroup.legacy) {
    const std::vector<std::string_view> names = split(controllers, ',');
    if (std::ranges::find(names, "freezer") != names.end()) {
      request.text(opts::kFreezeCgroup, directory);
      return;
    }
  }
  if (!record_.cgroup.unified.empty() && record_.cgroup.legacy.empty() && version >= kKnowsCgroup2)
    request.text(opts::kFreezeCgroup, record_.cgroup.unified);
}

void Dump::add_mounts(Message& request) const {
  const launch::InitPlan plan = mounts_of_container();
  for (const ExternalMount& mount : external_mounts(plan, *cgroups::open(record_.cgroup)))
    add_pair(request, opts::kExtMnt, mount.place, mount.place);
  // Files are masked by a bind of /dev/null, directories by a file system of their own.
  const sys::RootDir root(sys::open(cat("/proc/", record_.init.pid, "/root"), O_PATH | O_DIRECTORY));
  for (const std::string& path : plan.masked_paths) {
    Result<sys::Fd> masked = root.try_resolve(path);
    if (!masked && masked.error() == ENOENT) continue;
    const struct stat st = sys::try_stat(std::move(masked).or_throw(path)).or_throw(path);
    if (!S_ISDIR(st.st_mode)) add_pair(request, opts::kExtMnt, path, "/dev/null");
  }
}

// Where the standard streams went: a restore puts its own pipes in the place of those in here.
void Dump::write_descriptors(sys::FdRef images) const {
  oci::json::Writer writer(oci::Indent::none);
  writer.open_array();
  for (size_t stream = 0; stream < 3; ++stream) {
    std::string name = stream < record_.stdio.size() ? record_.stdio[stream] : "";
    if (name.empty()) {
      const std::string link = cat("/proc/", record_.init.pid, "/fd/", stream);
      name = sys::read_link(sys::FdRef(sys::kCwd), link.c_str()).value_or("");
      if (name.starts_with("pipe:")) name.clear(); // one of the program's own
    }
    writer.string(name);
  }
  writer.close_array();
  sys::atomic_replace(images, kDescriptors, std::move(writer).take(), 0600);
}

void Dump::check_status_fd(Criu& criu, Message& request) {
  constexpr int kTells = 31500; // when it is ready; older ones write to the descriptor themselves
  status_fd_ = options_.status_fd;
  if (status_fd_ == -1) return;
  const std::string argument = cat("invalid --status-fd argument ", status_fd_);
  const int flags = ::fcntl(status_fd_, F_GETFL, 0);
  if (flags < 0) throw Error(errno, argument);
  if ((flags & O_ACCMODE) == O_RDONLY) throw Error(cat(argument, ": not writable"));
  if (criu.version() < kTells) request.number(opts::kStatusFd, static_cast<uint64_t>(status_fd_));
}

void Dump::handle(const Notification& notification) {
  if (notification.script != "status-ready" || status_fd_ == -1) return;
  if (::write(status_fd_, "", 1) != 1) log::warn(cat("can't write \\0 to status fd: ", errno_text(errno)));
  (void)::close(std::exchange(status_fd_, -1)); // whoever reads waits for its end
}

void Dump::run() {
  Criu criu({});
  make_images();
  const Directories directories = open_directories(options_, kLog);
  Message request = common_request(options_, directories, kLog, record_);
  add_options(request);
  add_namespaces(request, criu.version());
  add_freezer(request, criu.version());
  if (options_.pre_dump) criu.require(features::kMemTrack, "MemTrack");
  if (options_.lazy_pages) {
    criu.require(features::kLazyPages, "LazyPages");
    check_status_fd(criu, request);
  }
  if (!options_.pre_dump) {
    add_mounts(request);
    write_descriptors(directories.images);
  }
  try {
    criu.run(options_.pre_dump ? Request::pre_dump : Request::dump, request,
             [&](Notification& notification) { handle(notification); });
  } catch (const Error&) {
    quote_errors(directories.log);
    throw;
  }
  if (options_.leave_running || options_.pre_dump) return;
  try {
    destroy_container(record_, *cgroups::open(record_.cgroup), dir_, home_.policy);
  } catch (const Error& error) {
    log::warn(error.what());
  }
}

} // namespace

void dump(const Home& home, const std::string& id, const DumpOptions& options) {
  Dump(home, id, options).run();
}

} // namespace skiff::checkpoint
