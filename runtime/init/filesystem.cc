#include "runtime/init/filesystem.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include <algorithm>
#include <array>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"
#include "runtime/sys/mount.h"
#include "runtime/sys/uapi.h"

namespace skiff::init {

namespace {

constexpr size_t kLongestOption = 255; // fsconfig(2) takes strings up to here

bool is_kernel_type(const std::string& type) {
  static constexpr std::array<std::string_view, 5> kTypes{"devpts", "mqueue", "proc", "sysfs", "tmpfs"};
  return std::ranges::find(kTypes, type) != kTypes.end();
}

void set(sys::FsContext& context, std::string_view option) {
  const Result<void> done = context.try_set(option);
  if (done) return;
  const std::string reason = context.complaint();
  throw Error(done.error(), cat("mount option ", quote(option), reason.empty() ? "" : ": ", reason));
}

// One string may hold several options, as mount(2) takes them.
std::vector<std::string_view> words_of(const std::vector<std::string>& data) {
  std::vector<std::string_view> words;
  for (const std::string& entry : data)
    for (const std::string_view word : split(entry, ','))
      if (!word.empty()) words.push_back(word);
  return words;
}

sys::MountFd finish(sys::FsContext& context, uint64_t attributes) {
  Result<sys::MountFd> mount = context.try_mount(attributes);
  if (mount) return std::move(*mount);
  const std::string reason = context.complaint();
  throw Error(mount.error(), cat("mount", reason.empty() ? "" : ": ", reason));
}

// SELinux labels the files of proc and sysfs by its policy, and takes no label for a whole mqueue.
bool takes_label(const std::string& type) {
  return type != "proc" && type != "sysfs" && type != "mqueue";
}

// The root directory alone, as runc does it.
void label_root(sys::FdRef mount, const std::string& label) {
  const sys::DirFd root = sys::try_open_dir(mount, ".").or_throw("open the mount");
  if (::fsetxattr(root.get(), "security.selinux", label.data(), label.size(), 0) != 0)
    throw Error(errno, "mount label: security.selinux");
}

} // namespace

void set_data(sys::FsContext& context, const std::vector<std::string>& data) {
  for (const std::string_view word : words_of(data)) set(context, word);
}

void keep_mode(launch::MountOptions& options, mode_t directory) {
  const std::vector<std::string_view> words = words_of(options.data);
  if (std::ranges::any_of(words, [](std::string_view w) { return w.starts_with("mode="); })) return;
  char mode[8];
  const auto end = std::to_chars(mode, mode + sizeof mode, directory & 07777U, 8).ptr;
  options.data.push_back(cat("mode=", std::string_view(mode, static_cast<size_t>(end - mode))));
}

sys::MountFd make_filesystem(const launch::PlannedMount& mount, const launch::MountLabel& label) {
  sys::FsContext context = sys::FsContext::try_open(mount.type.c_str()).or_throw([&] {
    return cat("file system type ", quote(mount.type));
  });
  if (!mount.source.empty()) context.try_set("source", mount.source.c_str()).or_throw("mount source");
  set_data(context, mount.options.data);
  if (!label.text.empty() && takes_label(mount.type))
    context.try_set(label.type.c_str(), label.text.c_str()).or_throw([&] { return cat("mount label: ", label.type); });
  // The read-only flag of the file system itself matters where there is a device behind it.
  if ((mount.options.set & MOUNT_ATTR_RDONLY) && !is_kernel_type(mount.type)) set(context, "ro");
  sys::MountFd made = finish(context, mount.options.set);
  if (!label.text.empty() && mount.type == "mqueue") label_root(made, label.text);
  return made;
}

bool needs_old_mount(const launch::PlannedMount& mount) {
  const auto is_long = [](std::string_view option) { return option.size() > kLongestOption; };
  return is_long(mount.source) || std::ranges::any_of(words_of(mount.options.data), is_long);
}

void mount_in_place(const launch::PlannedMount& mount, sys::FdRef target, const launch::MountLabel& label) {
  std::string data;
  for (const std::string& option : mount.options.data) data += cat(data.empty() ? "" : ",", option);
  if (!label.text.empty() && takes_label(mount.type))
    data += cat(data.empty() ? "" : ",", label.type, "=", quote(label.text));
  const unsigned long flags = mount.options.set & MOUNT_ATTR_RDONLY ? MS_RDONLY : 0;
  sys::try_mount_on(target, mount.source.c_str(), mount.type.c_str(), flags, data).or_throw("mount");
}

sys::MountFd make_empty_directory(const std::string& label) {
  sys::FsContext context = sys::FsContext::try_open("tmpfs").or_throw("tmpfs");
  if (!label.empty()) context.try_set("context", label.c_str()).or_throw("mount label");
  return finish(context, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

} // namespace skiff::init
