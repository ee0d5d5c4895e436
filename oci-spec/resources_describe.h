// The fields of resources.h (see json/bind.h).
#pragma once

#include "oci-spec/json/bind.h"
#include "oci-spec/resources.h"

namespace oci {

template <class V> void describe(V& v, DeviceRule& d) {
  v.required("allow", d.allow);
  v.optional("type", d.type);
  v.optional("major", d.major);
  v.optional("minor", d.minor);
  v.optional("access", d.access);
}

template <class V> void describe(V& v, MemoryLimits& m) {
  v.optional("limit", m.limit);
  v.optional("reservation", m.reservation);
  v.optional("swap", m.swap);
  v.optional("kernel", m.kernel);
  v.optional("kernelTCP", m.kernel_tcp);
  v.optional("swappiness", m.swappiness);
  v.optional("disableOOMKiller", m.disable_oom_killer);
  v.optional("useHierarchy", m.use_hierarchy);
  v.optional("checkBeforeUpdate", m.check_before_update);
}

template <class V> void describe(V& v, CpuLimits& c) {
  v.optional("shares", c.shares);
  v.optional("quota", c.quota);
  v.optional("burst", c.burst);
  v.optional("period", c.period);
  v.optional("realtimeRuntime", c.realtime_runtime);
  v.optional("realtimePeriod", c.realtime_period);
  v.optional("cpus", c.cpus);
  v.optional("mems", c.mems);
  v.optional("idle", c.idle);
}

template <class V> void describe(V& v, PidsLimits& p) {
  v.optional("limit", p.limit);
}

template <class V> void describe(V& v, WeightDevice& d) {
  v.required("major", d.major);
  v.required("minor", d.minor);
  v.optional("weight", d.weight);
  v.optional("leafWeight", d.leaf_weight);
}

template <class V> void describe(V& v, ThrottleDevice& d) {
  v.required("major", d.major);
  v.required("minor", d.minor);
  v.always("rate", d.rate);
}

template <class V> void describe(V& v, BlockIo& b) {
  v.optional("weight", b.weight);
  v.optional("leafWeight", b.leaf_weight);
  v.optional("weightDevice", b.weight_device);
  v.optional("throttleReadBpsDevice", b.throttle_read_bps_device);
  v.optional("throttleWriteBpsDevice", b.throttle_write_bps_device);
  v.optional("throttleReadIOPSDevice", b.throttle_read_iops_device);
  v.optional("throttleWriteIOPSDevice", b.throttle_write_iops_device);
}

template <class V> void describe(V& v, HugepageLimit& h) {
  v.required("pageSize", h.page_size);
  v.required("limit", h.limit);
}

template <class V> void describe(V& v, InterfacePriority& p) {
  v.required("name", p.name);
  v.required("priority", p.priority);
}

template <class V> void describe(V& v, NetworkLimits& n) {
  v.optional("classID", n.class_id);
  v.optional("priorities", n.priorities);
}

template <class V> void describe(V& v, Rdma& r) {
  v.optional("hcaHandles", r.hca_handles);
  v.optional("hcaObjects", r.hca_objects);
}

template <class V> void describe(V& v, Resources& r) {
  v.optional("devices", r.devices);
  v.optional("memory", r.memory);
  v.optional("cpu", r.cpu);
  v.optional("pids", r.pids);
  v.optional("blockIO", r.block_io);
  v.optional("hugepageLimits", r.hugepage_limits);
  v.optional("network", r.network);
  v.optional("rdma", r.rdma);
  v.optional("unified", r.unified);
}

} // namespace oci
