// Constants and structures newer than the headers that we build with, each with the kernel that has it.
#pragma once

#include <fcntl.h>
#include <linux/magic.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>

#include <cstdint>

#ifndef P_PIDFD
#define P_PIDFD 3 // 5.4
#endif
#ifndef CLONE_INTO_CGROUP
#define CLONE_INTO_CGROUP 0x200000000ULL // 5.7
#endif
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080 // 5.6
#endif
#ifndef MOUNT_ATTR_IDMAP
#define MOUNT_ATTR_IDMAP 0x00100000 // 5.12
#endif
#ifndef MOUNT_ATTR_NOSYMFOLLOW
#define MOUNT_ATTR_NOSYMFOLLOW 0x00200000 // 5.14
#endif
#ifndef OPEN_TREE_NAMESPACE
#define OPEN_TREE_NAMESPACE 0x2 // 7.0
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000 // 5.2
#endif
#ifndef PROC_SUPER_MAGIC
#define PROC_SUPER_MAGIC 0x9fa0
#endif
#ifndef TIOCGPTPEER
#define TIOCGPTPEER _IO('T', 0x41) // 4.13
#endif
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U // 6.3
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U // 6.3
#endif
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5) // 5.19
#endif
