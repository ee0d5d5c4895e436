// Numbers of CRIU's RPC protocol: the fields and enums of its rpc.proto that we use, under their names there.
#pragma once

namespace skiff::checkpoint {

// criu_req_type.
enum class Request : unsigned { dump = 1, restore = 2, pre_dump = 4, notify = 6, feature_check = 9, version = 10 };

// criu_req.
namespace req {
inline constexpr unsigned kType = 1, kOpts = 2, kNotifySuccess = 3, kKeepOpen = 4, kFeatures = 5;
}

// criu_resp.
namespace resp {
inline constexpr unsigned kType = 1, kSuccess = 2, kNotify = 5, kErrno = 7, kFeatures = 8, kVersion = 10;
}

// criu_notify, criu_version, criu_features.
namespace notify {
inline constexpr unsigned kScript = 1, kPid = 2;
}
namespace version {
inline constexpr unsigned kMajor = 1, kMinor = 2, kGitId = 3, kSublevel = 4;
}
namespace features {
inline constexpr unsigned kMemTrack = 1, kLazyPages = 2;
}

// criu_opts.
namespace opts {
inline constexpr unsigned kImagesDirFd = 1, kPid = 2, kLeaveRunning = 3, kExtUnixSk = 4, kTcpEstablished = 5,
                          kEvasiveDevices = 6, kShellJob = 7, kFileLocks = 8, kLogLevel = 9, kLogFile = 10, kPs = 11,
                          kNotifyScripts = 12, kRoot = 13, kParentImg = 14, kTrackMem = 15, kAutoDedup = 16,
                          kWorkDirFd = 17, kLinkRemap = 18, kExtMnt = 23, kManageCgroups = 24, kCgRoot = 25,
                          kRstSibling = 26, kInheritFd = 27, kManageCgroupsMode = 34, kExternal = 37, kEmptyNs = 38,
                          kJoinNs = 39, kFreezeCgroup = 44, kTcpSkipInFlight = 46, kLazyPages = 48, kStatusFd = 49,
                          kOrphanPtsMaster = 50, kConfigFile = 51, kTcpClose = 52, kLsmProfile = 53,
                          kLsmMountContext = 63, kNetworkLock = 64;
}

// The messages of two fields inside criu_opts: ext_mount_map, inherit_fd, join_namespace, cgroup_root,
// criu_page_server_info.
namespace pair {
inline constexpr unsigned kFirst = 1, kSecond = 2;
}

} // namespace skiff::checkpoint
