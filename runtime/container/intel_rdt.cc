// resctrl.
#include "runtime/container/intel_rdt.h"

#include <linux/magic.h>

#include "runtime/base/text.h"
#include "runtime/sys/file.h"

namespace skiff {

namespace {

constexpr std::string_view kRoot = "/sys/fs/resctrl";

bool has_feature(std::string_view name) {
  const std::string root(kRoot);
  auto type = sys::try_fs_type(root.c_str());
  if (!type || *type != RDTGROUP_SUPER_MAGIC) return false;
  return bool(sys::try_stat(sys::FdRef(sys::kCwd), cat(root, "/info/", name).c_str()));
}

} // namespace

void update_rdt(const oci::IntelRdt* config, std::string_view id, const RdtSchemata& schemata) {
  if (schemata.l3_cache.empty() && schemata.memory_bandwidth.empty()) return;
  if (!schemata.l3_cache.empty() && !has_feature("L3")) {
    throw Error("Intel RDT/CAT: l3 cache schema is not enabled");
  }
  if (!schemata.memory_bandwidth.empty() && !has_feature("MB")) {
    throw Error("Intel RDT/MBA: memory bandwidth schema is not enabled");
  }
  if (config == nullptr) throw Error("updating a non-existent Intel RDT configuration is not supported");
  const std::string_view group = config->clos_id.empty() ? id : std::string_view(config->clos_id);
  // One write(2) for both: the kernel takes all lines of it or none.
  std::string text;
  for (const auto* schema : {&schemata.l3_cache, &schemata.memory_bandwidth}) {
    if (!schema->empty()) text += cat(*schema, '\n');
  }
  sys::write_file(cat(kRoot, '/', group, "/schemata"), text);
}

} // namespace skiff
