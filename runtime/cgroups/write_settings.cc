// Writing settings.
#include "runtime/cgroups/write_settings.h"

#include <cerrno>
#include <cstdint>

#include "runtime/base/error.h"
#include "runtime/base/text.h"
#include "runtime/cgroups/tree.h"

namespace skiff::cgroups {

namespace {

// The kernel takes cpu.shares of any size and clamps it: say so rather than run with another share than asked for.
void check_shares(const std::string& directory, const Setting& setting) {
  const auto wanted = parse_number<uint64_t>(setting.value);
  const auto got = parse_number<uint64_t>(read(directory, setting.file));
  if (!wanted || !got || *wanted == *got) return;
  throw Error(cat(*wanted > *got ? "the maximum allowed cpu-shares is " : "the minimum allowed cpu-shares is ", *got));
}

// Since Linux 5.16 the limit of kernel memory can still be written, without any effect.
void check_taken(const std::string& directory, const Setting& setting) {
  const auto wanted = parse_number<uint64_t>(setting.value);
  const auto got = parse_number<uint64_t>(read(directory, setting.file));
  constexpr uint64_t kSmallestPage = 4096;
  if (!wanted || !got || *wanted / kSmallestPage == *got / kSmallestPage) return;
  throw Error(cat("unable to set ", setting.file, " to ", *wanted, ": this kernel leaves it at ", *got));
}

// More is in use already than the new limit allows: the numbers help more than EBUSY.
[[noreturn]] void memory_in_use(const std::string& directory, const Setting& setting) {
  throw Error(cat("unable to set memory limit to ", setting.value,
                  " (current usage: ", read(directory, "memory.usage_in_bytes"),
                  ", peak usage: ", read(directory, "memory.max_usage_in_bytes"), ")"));
}

enum class Pass { First, Last };

// False when the setting has to be tried again after the others.
bool write_one(const std::string& directory, const Setting& setting, Pass pass) {
  try {
    write(directory, setting.file, setting.value);
  } catch (const Error& error) {
    if (error.code() == ENOENT && setting.if_missing == IfMissing::Ignore) return true;
    if (error.code() == EINVAL && setting.if_invalid == IfInvalid::RetryLast && pass == Pass::First) return false;
    if (error.code() == EBUSY && setting.file == "memory.limit_in_bytes") memory_in_use(directory, setting);
    throw;
  }
  if (setting.read_back == ReadBack::Yes)
    setting.file == "cpu.shares" ? check_shares(directory, setting) : check_taken(directory, setting);
  return true;
}

} // namespace

void write_settings(const Settings& settings, const DirectoryOf& directory_of, Rollback* rollback) {
  std::vector<std::pair<const std::string*, const Setting*>> again;
  for (const auto& setting : settings) {
    const auto controller = controller_of(setting.file);
    const std::string* directory = directory_of(controller);
    if (directory == nullptr) {
      throw Error(cat("cannot set ", controller, " limit: container could not join or create cgroup"));
    }
    if (rollback != nullptr) rollback->remember(*directory, setting.file, setting.value);
    if (!write_one(*directory, setting, Pass::First)) again.emplace_back(directory, &setting);
  }
  for (const auto& [directory, setting] : again) (void)write_one(*directory, *setting, Pass::Last);
}

} // namespace skiff::cgroups
