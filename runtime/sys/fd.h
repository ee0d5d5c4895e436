// Owned and borrowed file descriptors. What a descriptor is for is part of its type, so that a pipe's read end cannot
// be handed to write.
#pragma once

#include <unistd.h>
#include <utility>

namespace skiff::sys {

// Owns a descriptor; move-only; -1 = empty.
class Fd {
public:
  Fd() = default;
  explicit Fd(int raw) noexcept : raw_(raw) {}
  Fd(Fd&& other) noexcept : raw_(other.release()) {}
  Fd& operator=(Fd&& other) noexcept {
    reset(other.release());
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd() { reset(); }

  int get() const noexcept { return raw_; }
  explicit operator bool() const noexcept { return raw_ >= 0; }
  // Gives the descriptor up; the caller closes it.
  [[nodiscard]] int release() noexcept { return std::exchange(raw_, -1); }
  // Closes what is held and takes `raw`.
  void reset(int raw = -1) noexcept {
    const int old = std::exchange(raw_, raw);
    if (old >= 0) (void)::close(old); // errors of close matter only after writes: see atomic_replace
  }

private:
  int raw_ = -1;
};

// A view of a descriptor that somebody else owns; never stored.
class FdRef {
public:
  explicit constexpr FdRef(int raw) noexcept : raw_(raw) {}
  FdRef(const Fd& fd) noexcept : raw_(fd.get()) {}
  constexpr int get() const noexcept { return raw_; }

private:
  int raw_;
};

// A descriptor of a certain kind. Converts to the plain view, never from it.
template <class Tag> class Typed : public Fd {
public:
  using Fd::Fd;
};

using DirFd = Typed<struct DirTag>;     // a directory, O_PATH or readable
using MountFd = Typed<struct MountTag>; // a mount: of open_tree(2) or fsmount(2)
using PipeReader = Typed<struct ReaderTag>;
using PipeWriter = Typed<struct WriterTag>;

} // namespace skiff::sys
