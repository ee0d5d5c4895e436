// libdbus.
#include "runtime/cgroups/bus.h"

#include <dbus/dbus.h>
#include <unistd.h>

#include <cstdlib>

#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/cgroups/bus_identity.h"
#include "runtime/sys/file.h"
#include "runtime/sys/watch.h"

namespace skiff::cgroups {

namespace {

constexpr int kCallTimeoutMs = 30000;
constexpr const char* kSystemd = "org.freedesktop.systemd1";
constexpr const char* kManagerPath = "/org/freedesktop/systemd1";
constexpr const char* kManager = "org.freedesktop.systemd1.Manager";

struct Unref {
  void operator()(DBusMessage* message) const noexcept { ::dbus_message_unref(message); }
};
using Message = std::unique_ptr<DBusMessage, Unref>;

class BusError {
public:
  BusError() { ::dbus_error_init(&error_); }
  BusError(const BusError&) = delete;
  BusError& operator=(const BusError&) = delete;
  ~BusError() { ::dbus_error_free(&error_); }

  DBusError* get() { return &error_; }
  std::string name() const { return error_.name == nullptr ? "" : error_.name; }
  std::string text() const { return error_.message == nullptr ? "" : error_.message; }

private:
  DBusError error_{};
};

[[noreturn]] void out_of_memory() {
  throw Error(ENOMEM, "D-Bus message");
}
void check(dbus_bool_t done) {
  if (!done) out_of_memory();
}

// libdbus ends the program where a text breaks the protocol's rules.
void check_text(const std::string& type, const std::string& text) {
  const bool valid = type == "s"   ? ::dbus_validate_utf8(text.c_str(), nullptr)
                     : type == "o" ? ::dbus_validate_path(text.c_str(), nullptr)
                                   : ::dbus_signature_validate(text.c_str(), nullptr);
  if (!valid || text.find('\0') != text.npos) throw Error(cat("invalid D-Bus value ", quote(text)));
}

void append(DBusMessageIter& where, const BusValue& value);

void append_basic(DBusMessageIter& where, const BusValue& value) {
  DBusBasicValue basic{};
  std::string text;
  switch (value.type.front()) {
  case 'b':
    basic.bool_val = std::get<bool>(value.content);
    break;
  case 'y':
    basic.byt = static_cast<unsigned char>(std::get<uint64_t>(value.content));
    break;
  case 'q':
    basic.u16 = static_cast<dbus_uint16_t>(std::get<uint64_t>(value.content));
    break;
  case 'u':
    basic.u32 = static_cast<dbus_uint32_t>(std::get<uint64_t>(value.content));
    break;
  case 't':
    basic.u64 = std::get<uint64_t>(value.content);
    break;
  case 'n':
    basic.i16 = static_cast<dbus_int16_t>(std::get<int64_t>(value.content));
    break;
  case 'i':
    basic.i32 = static_cast<dbus_int32_t>(std::get<int64_t>(value.content));
    break;
  case 'x':
    basic.i64 = std::get<int64_t>(value.content);
    break;
  case 'd':
    basic.dbl = std::get<double>(value.content);
    break;
  default:
    text = std::get<std::string>(value.content);
    check_text(value.type, text);
    basic.str = text.data();
  }
  check(::dbus_message_iter_append_basic(&where, value.type.front(), &basic));
}

void append_container(DBusMessageIter& where, const BusValue& value) {
  const auto& parts = std::get<BusValue::Parts>(value.content);
  const char first = value.type.front();
  int kind = DBUS_TYPE_STRUCT;
  std::string contained; // its signature; structures and dictionary entries have none here
  if (first == 'a') {
    kind = DBUS_TYPE_ARRAY;
    contained = value.type.substr(1);
  } else if (first == 'v') {
    kind = DBUS_TYPE_VARIANT;
    contained = parts.at(0).type;
  } else if (first == '{') {
    kind = DBUS_TYPE_DICT_ENTRY;
  }
  DBusMessageIter inside;
  check(::dbus_message_iter_open_container(&where, kind, contained.empty() ? nullptr : contained.c_str(), &inside));
  try {
    for (const auto& part : parts) append(inside, part);
  } catch (...) {
    ::dbus_message_iter_abandon_container(&where, &inside);
    throw;
  }
  check(::dbus_message_iter_close_container(&where, &inside));
}

void append(DBusMessageIter& where, const BusValue& value) {
  constexpr std::string_view containers = "a({v";
  if (containers.find(value.type.front()) == containers.npos) return append_basic(where, value);
  // An entry is no type of its own, and has been checked with its dictionary.
  if (value.type.front() != '{' && !::dbus_signature_validate_single(value.type.c_str(), nullptr))
    throw Error(cat("invalid D-Bus type ", quote(value.type)));
  append_container(where, value);
}

// The first value of a message, through a variant, if it is a text.
std::string first_text(DBusMessage* message) {
  DBusMessageIter where;
  if (!::dbus_message_iter_init(message, &where)) return {};
  DBusMessageIter inside = where;
  if (::dbus_message_iter_get_arg_type(&where) == DBUS_TYPE_VARIANT) ::dbus_message_iter_recurse(&where, &inside);
  const int type = ::dbus_message_iter_get_arg_type(&inside);
  if (type != DBUS_TYPE_STRING && type != DBUS_TYPE_OBJECT_PATH) return {};
  const char* text = nullptr;
  ::dbus_message_iter_get_basic(&inside, &text);
  return text;
}

BusReply call_method(DBusConnection* connection, const char* interface, const char* method,
                     std::span<const BusValue> arguments) {
  const Message message(::dbus_message_new_method_call(kSystemd, kManagerPath, interface, method));
  if (!message) out_of_memory();
  DBusMessageIter where;
  ::dbus_message_iter_init_append(message.get(), &where);
  for (const auto& argument : arguments) append(where, argument);
  BusError error;
  const Message reply(
      ::dbus_connection_send_with_reply_and_block(connection, message.get(), kCallTimeoutMs, error.get()));
  if (!reply) return {error.name(), error.text()};
  return {{}, first_text(reply.get())};
}

std::string environment(const char* name) {
  const char* const value = ::getenv(name); // NOLINT(concurrency-mt-unsafe): there is one thread (D11)
  return value == nullptr ? std::string() : std::string(value);
}

std::string address_of(const std::string& socket) {
  const std::unique_ptr<char, decltype(&::dbus_free)> escaped(::dbus_address_escape_value(socket.c_str()),
                                                              &::dbus_free);
  if (!escaped) out_of_memory();
  return cat("unix:path=", escaped.get());
}

std::string user_address() {
  std::string address = environment("DBUS_SESSION_BUS_ADDRESS");
  if (!address.empty()) return address;
  const std::string folder = environment("XDG_RUNTIME_DIR");
  const std::string socket = cat(folder, "/bus");
  if (!folder.empty() && sys::try_stat(sys::FdRef(sys::kCwd), socket.c_str())) return address_of(socket);
  throw Error("could not detect DBUS_SESSION_BUS_ADDRESS from the environment; make sure you have installed the "
              "dbus-user-session or dbus-daemon package; note you may need to re-login");
}

std::string system_address() {
  std::string address = environment("DBUS_SYSTEM_BUS_ADDRESS");
  return address.empty() ? "unix:path=/run/dbus/system_bus_socket" : address;
}

} // namespace

const std::string& BusReply::or_throw(std::string_view context) const {
  if (!error.empty()) throw Error(cat(context, ": ", text.empty() ? error : text));
  return text;
}

void Bus::Close::operator()(DBusConnection* connection) const noexcept {
  ::dbus_connection_close(connection);
  ::dbus_connection_unref(connection);
}

Bus::Bus(Systemd systemd) {
  ::dbus_connection_set_change_sigpipe(0); // else it changes ours, and that of the hooks
  in(
      [] {
        return "failed to connect to dbus (hint: for rootless containers, maybe you need to install dbus-user-session "
               "package, see https://github.com/opencontainers/runc/blob/master/docs/cgroup-v2.md)";
      },
      [&] { connect(systemd); });
}

void Bus::connect(Systemd systemd) {
  const OutsideIdentity identity;
  const std::string address = systemd == Systemd::User ? user_address() : system_address();
  BusError error;
  connection_.reset(::dbus_connection_open_private(address.c_str(), error.get()));
  if (connection_ && ::dbus_bus_register(connection_.get(), error.get())) {
    ::dbus_connection_set_exit_on_disconnect(connection_.get(), 0);
    return;
  }
  connection_.reset();
  const std::string reason = error.text();
  if (systemd == Systemd::System && ::geteuid() == 0) {
    BusError second;
    connection_.reset(::dbus_connection_open_private("unix:path=/run/systemd/private", second.get()));
    direct_ = true;
  }
  if (!connection_) throw Error(reason);
}

BusReply Bus::call(std::string_view method, std::span<const BusValue> arguments) {
  BusReply reply = call_method(connection_.get(), kManager, std::string(method).c_str(), arguments);
  if (reply.failed_with(DBUS_ERROR_DISCONNECTED)) throw Error(cat("D-Bus connection: ", reply.text));
  return reply;
}

std::string Bus::property(std::string_view name) {
  const BusValue arguments[] = {BusValue::text(kManager), BusValue::text(name)};
  return call_method(connection_.get(), DBUS_INTERFACE_PROPERTIES, "Get", arguments).or_throw(name);
}

void Bus::watch_jobs_of(std::string_view unit) {
  if (direct_) return; // systemd tells all that are connected
  // Without a wait for the answer: the bus keeps the order of what we send.
  const std::string rule =
      cat("type='signal',sender='", kSystemd, "',interface='", kManager, "',member='JobRemoved',arg2='", unit, "'");
  ::dbus_bus_add_match(connection_.get(), rule.c_str(), nullptr);
}

std::string Bus::wait_for_job(std::string_view job, int milliseconds) {
  const int64_t end = sys::monotonic_ms() + milliseconds;
  for (;;) {
    while (const Message message{::dbus_connection_pop_message(connection_.get())}) {
      if (!::dbus_message_is_signal(message.get(), kManager, "JobRemoved")) continue;
      dbus_uint32_t number = 0;
      const char *path = nullptr, *unit = nullptr, *result = nullptr;
      BusError error;
      const bool read =
          ::dbus_message_get_args(message.get(), error.get(), DBUS_TYPE_UINT32, &number, DBUS_TYPE_OBJECT_PATH, &path,
                                  DBUS_TYPE_STRING, &unit, DBUS_TYPE_STRING, &result, DBUS_TYPE_INVALID);
      if (read && path == job) return result;
    }
    const int64_t left = end - sys::monotonic_ms();
    if (left <= 0) return {};
    if (!::dbus_connection_read_write(connection_.get(), static_cast<int>(left)))
      throw Error("D-Bus connection: closed by the other side");
  }
}

} // namespace skiff::cgroups
