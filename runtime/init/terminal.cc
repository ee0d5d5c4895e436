#include "runtime/init/terminal.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#include "runtime/base/error.h"
#include "runtime/sys/file.h"
#include "runtime/sys/mount.h"
#include "runtime/sys/path.h"
#include "runtime/sys/uapi.h"

namespace skiff::init {

namespace {

// I5: the container's image may have put anything at this path.
sys::Fd open_ptmx() {
  const sys::RootDir root(sys::open("/", O_PATH | O_DIRECTORY));
  const sys::Fd handle = root.try_resolve("/dev/pts/ptmx", sys::Symlinks::refuse).or_throw("open /dev/pts/ptmx");
  const struct stat st = sys::try_stat(handle).or_throw("verify ptmx handle");
  const long type = sys::try_fs_type(handle).or_throw("verify ptmx handle");
  if (type != DEVPTS_SUPER_MAGIC || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(5, 2))
    throw Error("verify ptmx handle: it is not the ptmx device of a devpts");
  sys::Fd master = root.try_open("/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_NOFOLLOW).or_throw("open /dev/pts/ptmx");
  const struct stat opened = sys::try_stat(master).or_throw("verify ptmx handle");
  if (opened.st_dev != st.st_dev || opened.st_ino != st.st_ino) throw Error("verify ptmx handle: it was exchanged");
  return master;
}

// The mount is made from the slave's own descriptor, onto a file that is no symlink (CVE-2025-52565).
void mount_console(const sys::Fd& slave) {
  const sys::RootDir root(sys::open("/", O_PATH | O_DIRECTORY));
  const sys::Fd dev = root.try_make_dirs("/dev", 0755).or_throw("create /dev/console mount target");
  (void)sys::try_open(dev, "console", O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY, 0666); // it may be there
  const sys::Fd target = sys::open(dev, "console", O_PATH | O_NOFOLLOW);
  const struct stat st = sys::try_stat(target).or_throw("create /dev/console mount target");
  if (S_ISLNK(st.st_mode) || S_ISDIR(st.st_mode)) throw Error("create /dev/console mount target: not a file");
  const sys::MountFd mount = sys::try_clone_tree(slave, "", sys::Depth::one).or_throw("bind the pty's slave");
  sys::try_move_mount(mount, target).or_throw("mount the pty's slave on /dev/console");
}

} // namespace

void attach_terminal(const launch::ProcessPlan& process, launch::ChildEnd& parent, Console console) {
  const sys::Fd master = open_ptmx();
  const int unlock = 0;
  if (::ioctl(master.get(), TIOCSPTLCK, &unlock) != 0) throw Error(errno, "unlock pty");
  const sys::Fd slave(::ioctl(master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!slave) throw Error(errno, "failed to get peer end of newly-allocated console");
  if (process.console_size.height != 0 && process.console_size.width != 0) {
    const winsize size{static_cast<unsigned short>(process.console_size.height),
                       static_cast<unsigned short>(process.console_size.width), 0, 0};
    if (::ioctl(master.get(), TIOCSWINSZ, &size) != 0) throw Error(errno, "set console size");
  }
  if (console == Console::mount) mount_console(slave);
  parent.send_console(master);
  for (const int number : {0, 1, 2})
    if (::dup2(slave.get(), number) < 0) throw Error(errno, "dup the pty's slave");
  if (::ioctl(0, TIOCSCTTY, 0) != 0) throw Error(errno, "ioctl(setctty)");
}

} // namespace skiff::init
