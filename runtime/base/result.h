// Answer: a value, or the errno that the caller will branch on. No allocation.
#pragma once

#include <cerrno>
#include <concepts>
#include <optional>
#include <string_view>
#include <utility>

#include "runtime/base/error.h"

namespace skiff {

struct Errno {
  int code = 0;
  // The errno of the system call that has just failed.
  static Errno last() noexcept { return Errno{errno}; }
};

template <class T> class [[nodiscard]] Result {
public:
  Result(T value) : value_(std::move(value)) {}
  Result(Errno error) noexcept : error_(error.code) {}

  explicit operator bool() const noexcept { return value_.has_value(); }
  int error() const noexcept { return error_; }
  T& operator*() & noexcept { return *value_; }
  T&& operator*() && noexcept { return std::move(*value_); }
  T* operator->() noexcept { return &*value_; }

  // The value, or throws Error(errno, what()).
  template <std::invocable What> T or_throw(What&& what) && {
    if (!value_) throw Error(error_, std::forward<What>(what)());
    return std::move(*value_);
  }
  T or_throw(std::string_view what) && {
    if (!value_) throw Error(error_, what);
    return std::move(*value_);
  }

private:
  std::optional<T> value_;
  int error_ = 0;
};

template <> class [[nodiscard]] Result<void> {
public:
  Result() = default;
  Result(Errno error) noexcept : error_(error.code) {}

  explicit operator bool() const noexcept { return error_ == 0; }
  int error() const noexcept { return error_; }
  template <std::invocable What> void or_throw(What&& what) && {
    if (error_ != 0) throw Error(error_, std::forward<What>(what)());
  }
  void or_throw(std::string_view what) && {
    if (error_ != 0) throw Error(error_, what);
  }

private:
  int error_ = 0;
};

} // namespace skiff
