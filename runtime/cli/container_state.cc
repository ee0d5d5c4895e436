// The state as runc's keys and order.
#include "runtime/cli/container_state.h"

namespace skiff::cli {

ContainerState describe(const Container& container) {
  const Record& record = container.record();
  const oci::Status status = container.status();
  return {
      .oci_version = record.oci_version,
      .id = record.id,
      .pid = status == oci::Status::stopped ? 0 : record.init.pid,
      .status = std::string(oci::to_string(status)),
      .bundle = record.bundle,
      .rootfs = record.rootfs,
      .created = record.created,
      .annotations = record.annotations,
      .owner = {},
  };
}

void write(oci::json::Writer& writer, const ContainerState& state) {
  const auto text = [&](std::string_view name, std::string_view value) {
    writer.name(name);
    writer.string(value);
  };
  writer.open_object();
  text("ociVersion", state.oci_version);
  text("id", state.id);
  writer.name("pid");
  writer.number(int64_t{state.pid});
  text("status", state.status);
  text("bundle", state.bundle);
  text("rootfs", state.rootfs);
  text("created", state.created);
  if (!state.annotations.empty()) {
    writer.name("annotations");
    writer.open_object();
    for (const auto& [name, value] : state.annotations) text(name, value);
    writer.close_object();
  }
  text("owner", state.owner);
  writer.close_object();
}

} // namespace skiff::cli
