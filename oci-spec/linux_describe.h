// The fields of linux.h (see json/bind.h) and the spellings of its enums.
#pragma once

#include "oci-spec/json/bind.h"
#include "oci-spec/linux.h"
#include "oci-spec/resources_describe.h"

namespace oci {

std::span<const EnumName<NamespaceType>> names_of(NamespaceType);
std::span<const EnumName<RootfsPropagation>> names_of(RootfsPropagation);
std::span<const EnumName<SeccompAction>> names_of(SeccompAction);
std::span<const EnumName<SeccompOperator>> names_of(SeccompOperator);
std::span<const EnumName<MemoryPolicyMode>> names_of(MemoryPolicyMode);
std::span<const EnumName<PersonalityDomain>> names_of(PersonalityDomain);

// runc's sentences for unknown spellings; callers and test suites match on some of them.
std::string refusal(NamespaceType, std::string_view text);
std::string refusal(RootfsPropagation, std::string_view text);
std::string refusal(SeccompAction, std::string_view text);
std::string refusal(SeccompOperator, std::string_view text);
std::string refusal(MemoryPolicyMode, std::string_view text);
std::string refusal(PersonalityDomain, std::string_view text);

// Neither a default action nor rules: no filter, as for runc.
bool stands_for_absent(const json::Value& value, const Seccomp*);

template <class V> void describe(V& v, Namespace& n) {
  v.required("type", n.type);
  v.optional("path", n.path);
}

template <class V> void describe(V& v, IdMapping& m) {
  v.required("containerID", m.container_id);
  v.required("hostID", m.host_id);
  v.required("size", m.size);
}

template <class V> void describe(V& v, TimeOffset& o) {
  v.optional("secs", o.secs);
  v.optional("nanosecs", o.nanosecs);
}

template <class V> void describe(V& v, Device& d) {
  v.required("path", d.path);
  v.required("type", d.type);
  v.always("major", d.major);
  v.always("minor", d.minor);
  v.optional("fileMode", d.file_mode);
  v.optional("uid", d.uid);
  v.optional("gid", d.gid);
}

template <class V> void describe(V& v, NetDevice& n) {
  v.optional("name", n.name);
}

template <class V> void describe(V& v, SeccompArg& a) {
  v.required("index", a.index);
  v.required("value", a.value);
  v.optional("valueTwo", a.value_two);
  v.required("op", a.op);
}

template <class V> void describe(V& v, SeccompRule& r) {
  v.required("names", r.names);
  v.required("action", r.action);
  v.optional("errnoRet", r.errno_ret);
  v.optional("args", r.args);
}

template <class V> void describe(V& v, Seccomp& s) {
  v.required("defaultAction", s.default_action);
  v.optional("defaultErrnoRet", s.default_errno_ret);
  v.optional("architectures", s.architectures);
  v.optional("flags", s.flags);
  v.optional("listenerPath", s.listener_path);
  v.optional("listenerMetadata", s.listener_metadata);
  v.optional("syscalls", s.syscalls);
}

template <class V> void describe(V& v, IntelRdt& r) {
  v.optional("closID", r.clos_id);
  v.optional("schemata", r.schemata);
  v.optional("l3CacheSchema", r.l3_cache_schema);
  v.optional("memBwSchema", r.mem_bw_schema);
  v.optional("enableMonitoring", r.enable_monitoring);
}

template <class V> void describe(V& v, MemoryPolicy& p) {
  v.required("mode", p.mode);
  v.optional("nodes", p.nodes);
  v.optional("flags", p.flags);
}

template <class V> void describe(V& v, Personality& p) {
  v.required("domain", p.domain);
  v.optional("flags", p.flags);
}

template <class V> void describe(V& v, Linux& l) {
  v.optional("uidMappings", l.uid_mappings);
  v.optional("gidMappings", l.gid_mappings);
  v.optional("sysctl", l.sysctl);
  v.optional("resources", l.resources);
  v.optional("cgroupsPath", l.cgroups_path);
  v.optional("namespaces", l.namespaces);
  v.optional("devices", l.devices);
  v.optional("netDevices", l.net_devices);
  v.optional("seccomp", l.seccomp);
  v.optional("rootfsPropagation", l.rootfs_propagation);
  v.optional("maskedPaths", l.masked_paths);
  v.optional("readonlyPaths", l.readonly_paths);
  v.optional("mountLabel", l.mount_label);
  v.optional("intelRdt", l.intel_rdt);
  v.optional("memoryPolicy", l.memory_policy);
  v.optional("personality", l.personality);
  v.optional("timeOffsets", l.time_offsets);
}

} // namespace oci
