// Taking an update back when the kernel refuses a part of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace skiff::cgroups {

// What to write to `file`, which said `before`, to undo the write of `written`; one element is one write(2). Files that
// keep a line for each device get that line back, or the value that means "no limit". Empty where no write undoes it.
std::vector<std::string> undoing_writes(std::string_view file, std::string_view written, std::string_view before);

// Undoes what it knows of when it goes, newest first, unless keep() is called.
class Rollback {
public:
  Rollback() = default;
  Rollback(const Rollback&) = delete;
  Rollback& operator=(const Rollback&) = delete;
  ~Rollback();

  // To be called before `value` is written. A file that cannot be read cannot be undone.
  void remember(const std::string& directory, const std::string& file, std::string_view value);
  void keep() { writes_.clear(); }

private:
  struct Write {
    std::string directory;
    std::string file;
    std::string value;
  };
  std::vector<Write> writes_;
};

} // namespace skiff::cgroups
