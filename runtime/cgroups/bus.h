// A connection to systemd: a thin layer over libdbus.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "runtime/cgroups/bus_value.h"
#include "runtime/cgroups/unit.h"

struct DBusConnection;

namespace skiff::cgroups {

// What a call returned.
struct BusReply {
  std::string error; // the D-Bus name of the error; empty = success
  std::string text;  // its message; of a success the first value, if that is a text

  bool failed_with(std::string_view name) const { return error == name; }
  // The text; throws Error("CONTEXT: message") if the call failed.
  const std::string& or_throw(std::string_view context) const;
};

inline constexpr std::string_view kUnitExists = "org.freedesktop.systemd1.UnitExists";
inline constexpr std::string_view kNoSuchUnit = "org.freedesktop.systemd1.NoSuchUnit";

class Bus {
public:
  // Connects to the system bus, or to systemd itself where there is none; or to the user's bus. Throws Error.
  explicit Bus(Systemd systemd);

  // Calls a method of org.freedesktop.systemd1.Manager and waits for its reply. Throws Error when the connection
  // breaks.
  BusReply call(std::string_view method, std::span<const BusValue> arguments);
  // A property of that interface, of type s. Throws Error.
  std::string property(std::string_view name);

  // Before the call that makes a job: asks to be told of the jobs of this unit.
  void watch_jobs_of(std::string_view unit);
  // Waits for the job (an object path) to end: "done", "failed", "timeout"...; empty when `milliseconds` pass first.
  std::string wait_for_job(std::string_view job, int milliseconds);

private:
  struct Close {
    void operator()(DBusConnection* connection) const noexcept;
  };
  using Connection = std::unique_ptr<DBusConnection, Close>;

  void connect(Systemd systemd);

  Connection connection_;
  bool direct_ = false; // no bus daemon in between
};

} // namespace skiff::cgroups
