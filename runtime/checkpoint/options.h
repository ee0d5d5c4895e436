// What `checkpoint` and `restore` are asked for: runc-checkpoint(8), runc-restore(8), criu(8).
#pragma once

#include <sched.h>

#include <cstdint>
#include <string>

namespace skiff::checkpoint {

// What both take. Paths are absolute, or relative to the current directory at the time of the call.
struct CriuOptions {
  std::string image_path; // directory of the images
  std::string work_path;  // directory of the log; empty = that of the images
  bool tcp_established = false;
  bool ext_unix_sk = false;
  bool shell_job = false;
  bool file_locks = false;
  bool auto_dedup = false;
  bool lazy_pages = false;
  unsigned cgroups_mode = 0;        // criu_cg_mode
  unsigned network_lock = 0;        // criu_network_lock_method; 0 = criu's choice
  uint32_t empty_ns = CLONE_NEWNET; // network interfaces are the engine's
  std::string config_file;          // criu's configuration, unless an annotation names one
};

struct DumpOptions : CriuOptions {
  std::string parent_path; // of an earlier pre-dump, relative to image_path
  bool leave_running = false;
  bool tcp_skip_in_flight = false;
  bool link_remap = false;
  bool pre_dump = false;
  int status_fd = -1;      // gets a zero byte when lazy pages are ready; closed then
  std::string page_server; // its address; empty = none
  uint32_t page_server_port = 0;
};

struct RestoreOptions : CriuOptions {
  std::string id;
  std::string bundle; // empty = the current directory
  std::string console_socket;
  std::string pid_file;
  std::string lsm_profile;
  std::string lsm_mount_context;
  bool tcp_close = false;
  bool detach = false;
  bool no_subreaper = false;
  bool no_pivot = false;
};

inline constexpr unsigned kIgnoreCgroups = 0; // of criu_cg_mode

// criu_cg_mode and criu_network_lock_method by their names. Throw Error.
unsigned cgroups_mode(const std::string& name);
unsigned network_lock(const std::string& name);

} // namespace skiff::checkpoint
