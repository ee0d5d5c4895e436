// Runs something at the end of a scope: for the undo that has no type of its own.
#pragma once

#include <utility>

namespace skiff {

template <class Undo> class [[nodiscard]] Scope {
public:
  explicit Scope(Undo undo) : undo_(std::move(undo)) {}
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  ~Scope() {
    if (armed_) undo_();
  }
  // What the scope would have undone is there to stay.
  void dismiss() noexcept { armed_ = false; }

private:
  Undo undo_;
  bool armed_ = true;
};

} // namespace skiff
