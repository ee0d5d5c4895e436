// The fields of spec.h (see json/bind.h) and the spellings of its enums.
#pragma once

#include "oci-spec/hooks_describe.h"
#include "oci-spec/json/bind.h"
#include "oci-spec/linux_describe.h"
#include "oci-spec/spec.h"

namespace oci {

std::span<const EnumName<SchedulerPolicy>> names_of(SchedulerPolicy);
std::span<const EnumName<IoPriorityClass>> names_of(IoPriorityClass);

std::string refusal(SchedulerPolicy, std::string_view text);
std::string refusal(IoPriorityClass, std::string_view text);

template <class V> void describe(V& v, Root& r) {
  v.required("path", r.path);
  v.optional("readonly", r.readonly);
}

template <class V> void describe(V& v, Mount& m) {
  v.required("destination", m.destination);
  v.optional("type", m.type);
  v.optional("source", m.source);
  v.optional("options", m.options);
  v.optional("uidMappings", m.uid_mappings);
  v.optional("gidMappings", m.gid_mappings);
}

template <class V> void describe(V& v, ConsoleSize& c) {
  v.required("height", c.height);
  v.required("width", c.width);
}

template <class V> void describe(V& v, User& u) {
  v.always("uid", u.uid);
  v.always("gid", u.gid);
  v.optional("umask", u.umask);
  v.optional("additionalGids", u.additional_gids);
}

template <class V> void describe(V& v, Capabilities& c) {
  v.optional("bounding", c.bounding);
  v.optional("effective", c.effective);
  v.optional("inheritable", c.inheritable);
  v.optional("permitted", c.permitted);
  v.optional("ambient", c.ambient);
}

template <class V> void describe(V& v, Rlimit& r) {
  v.required("type", r.type);
  v.required("hard", r.hard);
  v.required("soft", r.soft);
}

template <class V> void describe(V& v, Scheduler& s) {
  v.required("policy", s.policy);
  v.optional("nice", s.nice);
  v.optional("priority", s.priority);
  v.optional("flags", s.flags);
  v.optional("runtime", s.runtime);
  v.optional("deadline", s.deadline);
  v.optional("period", s.period);
}

template <class V> void describe(V& v, IoPriority& p) {
  v.required("class", p.io_class);
  v.always("priority", p.priority);
}

template <class V> void describe(V& v, CpuAffinity& a) {
  v.optional("initial", a.initial);
  v.optional("final", a.final);
}

template <class V> void describe(V& v, Process& p) {
  v.optional("terminal", p.terminal);
  v.optional("consoleSize", p.console_size);
  v.always("user", p.user);
  v.optional("args", p.args);
  v.optional("env", p.env);
  v.required("cwd", p.cwd);
  v.optional("capabilities", p.capabilities);
  v.optional("rlimits", p.rlimits);
  v.optional("noNewPrivileges", p.no_new_privileges);
  v.optional("apparmorProfile", p.apparmor_profile);
  v.optional("oomScoreAdj", p.oom_score_adj);
  v.optional("scheduler", p.scheduler);
  v.optional("selinuxLabel", p.selinux_label);
  v.optional("ioPriority", p.io_priority);
  v.optional("execCPUAffinity", p.exec_cpu_affinity);
}

template <class V> void describe(V& v, Spec& s) {
  v.required("ociVersion", s.oci_version);
  v.optional("process", s.process);
  v.optional("root", s.root);
  v.optional("hostname", s.hostname);
  v.optional("domainname", s.domainname);
  v.optional("mounts", s.mounts);
  v.optional("hooks", s.hooks);
  v.optional("annotations", s.annotations);
  v.optional("linux", s.linux_);
}

} // namespace oci
