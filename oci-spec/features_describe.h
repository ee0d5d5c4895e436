// The fields of features.h (see json/bind.h).
#pragma once

#include "oci-spec/features.h"
#include "oci-spec/json/bind.h"

namespace oci {

template <class V> void describe(V& v, CgroupFeatures& c) {
  v.optional("v1", c.v1);
  v.optional("v2", c.v2);
  v.optional("systemd", c.systemd);
  v.optional("systemdUser", c.systemd_user);
  v.optional("rdma", c.rdma);
}

template <class V> void describe(V& v, SeccompFeatures& s) {
  v.optional("enabled", s.enabled);
  v.optional("actions", s.actions);
  v.optional("operators", s.operators);
  v.optional("archs", s.archs);
  v.optional("knownFlags", s.known_flags);
  v.optional("supportedFlags", s.supported_flags);
}

template <class V> void describe(V& v, FeatureSwitch& s) {
  v.optional("enabled", s.enabled);
}

template <class V> void describe(V& v, IntelRdtFeatures& r) {
  v.optional("enabled", r.enabled);
  v.optional("schemata", r.schemata);
  v.optional("monitoring", r.monitoring);
}

template <class V> void describe(V& v, MemoryPolicyFeatures& m) {
  v.optional("modes", m.modes);
  v.optional("flags", m.flags);
}

template <class V> void describe(V& v, MountExtensionFeatures& m) {
  v.optional("idmap", m.idmap);
}

template <class V> void describe(V& v, LinuxFeatures& l) {
  v.optional("namespaces", l.namespaces);
  v.optional("capabilities", l.capabilities);
  v.optional("cgroup", l.cgroup);
  v.optional("seccomp", l.seccomp);
  v.optional("apparmor", l.apparmor);
  v.optional("selinux", l.selinux);
  v.optional("intelRdt", l.intel_rdt);
  v.optional("memoryPolicy", l.memory_policy);
  v.optional("mountExtensions", l.mount_extensions);
  v.optional("netDevices", l.net_devices);
}

template <class V> void describe(V& v, Features& f) {
  v.required("ociVersionMin", f.oci_version_min);
  v.required("ociVersionMax", f.oci_version_max);
  v.optional("hooks", f.hooks);
  v.optional("mountOptions", f.mount_options);
  v.optional("linux", f.linux_);
  v.optional("annotations", f.annotations);
  v.optional("potentiallyUnsafeConfigAnnotations", f.potentially_unsafe_config_annotations);
}

} // namespace oci
