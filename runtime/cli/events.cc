// `events`: what a container uses, and that it ran out of memory.
#include <algorithm>
#include <array>

#include "runtime/base/text.h"
#include "runtime/cgroups/oom.h"
#include "runtime/cgroups/stats.h"
#include "runtime/cli/commands.h"
#include "runtime/cli/output.h"
#include "runtime/cli/stats_json.h"
#include "runtime/cli/units.h"
#include "runtime/log/log.h"
#include "runtime/sys/watch.h"

namespace skiff::cli {

namespace {

void print_stats(const Record& record) {
  const cgroups::Stats stats =
      in([] { return "unable to get container cgroup stats"; }, [&] { return cgroups::read_stats(record.cgroup); });
  const std::optional<resctrl::Stats> rdt =
      in([] { return "unable to get container Intel RDT stats"; }, [&] { return resctrl::read_stats(record.resctrl); });
  print(cat(stats_event(record.id, stats, rdt), '\n'));
}

// Until the container ends.
void follow(const Record& record, int64_t interval) {
  using Event = cgroups::OomWatch::Event;
  cgroups::OomWatch watch(record.cgroup);
  int64_t next = sys::monotonic_ms() + interval;
  for (;;) {
    const int64_t left = std::max<int64_t>(next - sys::monotonic_ms(), 0);
    constexpr int64_t longest = 3'600'000; // fits an int, and changes nothing
    const Event event = watch.wait(static_cast<int>(std::min(left, longest)));
    if (event == Event::Ended) return;
    if (event == Event::Oom) print(cat(oom_event(record.id), '\n'));
    if (sys::monotonic_ms() < next) continue;
    next = std::max(next + interval, sys::monotonic_ms());
    try {
      print_stats(record);
    } catch (const Error& error) {
      log::error(error.what());
    }
  }
}

} // namespace

int events(Invocation& invocation) {
  static constexpr Usage kUsage = {
      .arguments = "<container-id>",
      .description =
          R"(Prints a line of JSON each time the kernel kills a process of the container for want of memory, and,
at an interval, one with what the container uses. Ends with the container.)",
      .min_arguments = 1,
      .max_arguments = 1,
  };
  std::string interval = "5s";
  bool stats = false;
  const std::array options = {
      Option{"interval", '\0', &interval, "time between the lines about use, as in 500ms or 1m30s", "5s"},
      Option{"stats", '\0', &stats, "print one line about use, and end"}};
  const auto arguments = invocation.read(kUsage, options);
  if (!arguments) return 0;
  const int64_t milliseconds = in([&] { return cat("invalid value ", quote(interval), " for flag -interval"); },
                                  [&] { return parse_duration(interval); });
  if (milliseconds <= 0) throw Error("duration interval must be greater than 0");
  const Container container = open_container(invocation.home(), arguments->front());
  if (container.status() == oci::Status::stopped) {
    throw Error(cat("container with id ", container.record().id, " is not running"));
  }
  if (stats) {
    print_stats(container.record());
  } else {
    follow(container.record(), milliseconds);
  }
  return 0;
}

} // namespace skiff::cli
