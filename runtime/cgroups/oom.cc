// Waiting for the OOM killer.
#include "runtime/cgroups/oom.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>

#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/cgroups/cgroup.h"
#include "runtime/cgroups/stats_text.h"
#include "runtime/cgroups/tree.h"
#include "runtime/cgroups/v2.h"
#include "runtime/sys/file.h"

namespace skiff::cgroups {

namespace {

constexpr std::string_view kControl = "cgroup.event_control";
constexpr std::string_view kEvents = "memory.events";

} // namespace

OomWatch::OomWatch(const Place& place) {
  const auto* memory = legacy_directory(place, "memory");
  legacy_ = memory != nullptr;
  directory_ = legacy_ ? *memory : place.unified;
  if (directory_.empty() || (!legacy_ && !try_read(directory_, kEvents))) throw Error("memory controller missing");
  if (legacy_) {
    watch_legacy();
  } else {
    watch_unified();
  }
}

void OomWatch::watch_legacy() {
  const sys::Fd file = sys::open(cat(directory_, "/memory.oom_control"), O_RDONLY);
  eventfd_.reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!eventfd_) throw Error(errno, "eventfd");
  write(directory_, kControl, cat(eventfd_.get(), ' ', file.get(), ' '));
}

void OomWatch::watch_unified() {
  files_ = sys::FileWatch::try_watch(cat(directory_, '/', kEvents)).or_throw("unable to add inotify watch");
  files_.try_add(cat(directory_, "/cgroup.events")).or_throw("unable to add inotify watch");
  seen_ = kills();
}

uint64_t OomWatch::kills() const {
  auto text = try_read(directory_, kEvents);
  return text ? parse_flat_keyed(*text)["oom_kill"] : seen_;
}

OomWatch::Event OomWatch::wait(int milliseconds) {
  return legacy_ ? wait_legacy(milliseconds) : wait_unified(milliseconds);
}

OomWatch::Event OomWatch::wait_legacy(int milliseconds) {
  pollfd item{eventfd_.get(), POLLIN, 0};
  if (::poll(&item, 1, milliseconds) <= 0) return Event::Nothing;
  eventfd_t count = 0;
  (void)::eventfd_read(eventfd_.get(), &count);
  // The removal of the cgroup is an event too.
  return try_read(directory_, "memory.oom_control") ? Event::Oom : Event::Ended;
}

OomWatch::Event OomWatch::wait_unified(int milliseconds) {
  // Changes of before the call count: the files are looked at first and afterwards.
  for (const int patience : {0, milliseconds}) {
    if (patience > 0) files_.wait(patience);
    if (const uint64_t now = kills(); now > seen_) {
      seen_ = now;
      return Event::Oom;
    }
    if (v2::wait_for_event(directory_, "populated", false, 0)) return Event::Ended;
  }
  return Event::Nothing;
}

} // namespace skiff::cgroups
