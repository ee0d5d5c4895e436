// What init hands to the stub: one flat block in a memfd, mapped by a program that has no libc and no heap.
#pragma once

#include <cstdint>

namespace skiff::stub {

// The steps of the stub, for the report of a failure: the runtime has the words.
enum class Step : uint32_t {
  read_plan,
  label,
  bounding_set,
  keep_capabilities,
  groups,
  gid,
  uid,
  capabilities,
  ambient_set,
  cwd,
  no_new_privileges,
  seccomp,
  wait,
  descriptors,
  exec,
};

// Frames of launch/protocol.h that the stub sends and gets.
struct Frame {
  uint16_t kind;
  uint16_t reserved;
  uint32_t length; // of the payload that follows
};
inline constexpr uint16_t kReady = 5, kGo = 6, kFailed = 7, kListener = 9;

struct FailedFrame {
  Frame frame{kFailed, 1, 8}; // reserved = 1: from the stub
  Step step;
  int32_t code; // errno
};
struct ListenerFrame {
  Frame frame{kListener, 0, 4};
  int32_t fd; // the number of the seccomp listener in the stub
};

// A piece of the block behind the header, aligned to 8 bytes. length 0 = absent. Strings have their NUL counted in.
struct Span {
  uint32_t offset;
  uint32_t length;
};

struct Plan {
  uint64_t size; // of the whole block
  uint64_t bounding, effective, permitted, inheritable, ambient;
  uint32_t uid, gid;
  Span groups;           // uint32_t each
  Span filter;           // sock_filter each
  Span path;             // of the program
  Span cwd;              // only when it could not be entered before the ids changed
  Span label;            // what to write for the LSM
  Span label_file;       // below the procfs: "self/attr/exec"
  uint32_t filter_flags; // SECCOMP_FILTER_FLAG_*
  int32_t sync_fd;
  int32_t fifo_fd;          // -1: wait for Go on sync_fd
  int32_t proc_fd;          // for the label; -1 = none
  uint32_t first_unkept_fd; // from here on everything is close-on-exec
  bool set_groups;
  bool no_new_privileges;
  bool notifies; // the filter has a listener: it is loaded before Ready
  bool started;  // the byte of `start`, or Go, has come already
};

} // namespace skiff::stub
