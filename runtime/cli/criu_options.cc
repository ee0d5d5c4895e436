#include "runtime/cli/criu_options.h"

#include "runtime/base/text.h"
#include "runtime/cli/paths.h"
#include "runtime/log/log.h"
#include "runtime/sys/file.h"

namespace skiff::cli {

std::vector<Option> criu_options(checkpoint::CriuOptions& options, CriuTexts& texts) {
  return {
      {"image-path", '\0', &options.image_path, "directory of the files", "./checkpoint"},
      {"work-path", '\0', &options.work_path, "directory of criu's log; without it, that of the files"},
      {"tcp-established", '\0', &options.tcp_established, "keep TCP connections"},
      {"ext-unix-sk", '\0', &options.ext_unix_sk, "allow unix sockets whose other end is outside"},
      {"shell-job", '\0', &options.shell_job, "allow a session or terminal that is the caller's"},
      {"file-locks", '\0', &options.file_locks, "keep file locks"},
      {"lazy-pages", '\0', &options.lazy_pages, "move memory when it is first needed"},
      {"auto-dedup", '\0', &options.auto_dedup, "drop pages from earlier files that later ones have"},
      {"empty-ns", '\0', &texts.empty_ns, "namespace that comes back without its contents: network"},
      {"manage-cgroups-mode", '\0', &texts.cgroups_mode, "what criu does with cgroups: soft, full, strict or ignore",
       "soft"},
      {"network-lock", '\0', &texts.network_lock, "how criu holds packets back: iptables, nftables or skip"},
  };
}

void settle_criu(const Invocation& invocation, checkpoint::CriuOptions& options, const CriuTexts& texts) {
  if (is_rootless(invocation.home())) log::warn("runc checkpoint is untested with rootless containers");
  options.image_path = absolute(options.image_path.empty() ? "checkpoint" : options.image_path);
  if (!options.work_path.empty()) options.work_path = absolute(options.work_path);
  options.cgroups_mode = checkpoint::cgroups_mode(texts.cgroups_mode);
  options.network_lock = checkpoint::network_lock(texts.network_lock);
  for (const std::string& name : texts.empty_ns) // the only one there is is empty anyway
    if (name != "network") throw Error(cat("namespace ", quote(name), " is not supported"));
  constexpr const char* kOfCrun = "/etc/criu/crun.conf";
  const bool crun = invocation.persona().form == Form::crun && sys::exists(kOfCrun);
  options.config_file = crun ? kOfCrun : "/etc/criu/runc.conf";
}

} // namespace skiff::cli
