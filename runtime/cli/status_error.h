// A failure for which a command ends with a status of its own.
#pragma once

#include <string>
#include <utility>

#include "runtime/base/error.h"

namespace skiff::cli {

class StatusError : public Error {
public:
  StatusError(int status, std::string what) : Error(std::move(what)), status_(status) {}
  int status() const noexcept { return status_; }

private:
  int status_;
};

} // namespace skiff::cli
