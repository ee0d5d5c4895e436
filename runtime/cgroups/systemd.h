// Containers in scopes of systemd: org.freedesktop.systemd1(5), systemd.scope(5), docs/CGROUP_DELEGATION of systemd.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "runtime/cgroups/bus.h"
#include "runtime/cgroups/cgroups.h"
#include "runtime/cgroups/systemd_properties.h"
#include "runtime/cgroups/unit.h"
#include "runtime/sys/process.h"

namespace skiff::cgroups {

// What Place remembers of a scope.
inline Systemd systemd_of(const Place& place) {
  return place.user_systemd ? Systemd::User : Systemd::System;
}

// Throws Error unless systemd is the machine's init system.
void require_systemd();

// A scope that waits for its container. systemd makes no scope without a process in it, so a process of ours holds the
// place: the limits are in force and the directory is there before the container is born, straight into it.
class NewScope {
public:
  // Makes the scope and waits for it. `unified` is Resources::unified. Throws Error; then there is no scope.
  NewScope(Unit unit, Systemd systemd, std::string_view id, SystemdLayout layout, const Properties& properties,
           const std::map<std::string, std::string>& unified);
  NewScope(const NewScope&) = delete;
  NewScope& operator=(const NewScope&) = delete;
  // Removes the scope, unless it was handed over.
  ~NewScope();

  // The scope's cgroup2 directory, below the mount point; empty if systemd does without cgroup2.
  std::string path_in_unified() const;
  // Moves the process that holds the place to this directory, which is below the scope's. Throws Error.
  void move_placeholder(const std::string& directory) const;
  // Ends the process that holds the place: the container's own is there.
  void hand_over();

private:
  void start(std::string_view id, SystemdLayout layout, const Properties& properties);
  void end_placeholder() noexcept;

  Unit unit_;
  Bus bus_;
  sys::Child placeholder_;
};

// Changes properties of a running scope, not for longer than it runs. Throws Error.
void set_scope_properties(const Place& place, const Properties& properties);
// Moves a process into the scope by systemd, who may do that where we may not. Throws Error.
void attach_to_scope(const Place& place, int pid);
// The scope's directory in the hierarchy in which the container has `directory`, which is it or below it.
std::string scope_directory(const Place& place, const std::string& directory);
// Stops the scope and forgets its failure, so that its name is free. A scope that is gone is success. Throws Error.
void stop_scope(const Place& place);

} // namespace skiff::cgroups
