// Bytes on their way from one descriptor to another, never blocking on either.
#pragma once

#include <array>
#include <cstddef>

#include "runtime/sys/fd.h"

namespace skiff {

// Where bytes go: written as far as there is room. A terminal or pipe of the caller's is opened anew for that, since
// O_NONBLOCK would be set for all who share it.
class Sink {
public:
  enum class Sharing { shared, ours }; // ours: O_NONBLOCK is set already
  // Borrows the descriptor.
  Sink(sys::FdRef fd, Sharing sharing);
  int fd() const { return own_ ? own_.get() : borrowed_; }
  // As write(2).
  ssize_t write(const char* bytes, size_t size) const;

private:
  int borrowed_;
  bool may_block_ = false;
  bool is_socket_ = false;
  sys::Fd own_;
};

class Flow {
public:
  Flow(sys::FdRef from, Sink to) : from_(from.get()), to_(std::move(to)) {}
  Flow(const Flow&) = delete;
  Flow& operator=(const Flow&) = delete;

  // What poll(2) has to wait for: the one or the other, -1 for none.
  int readable_fd() const { return ended_ || pending() ? -1 : from_; }
  int writable_fd() const { return pending() ? to_.fd() : -1; }
  bool pending() const { return begin_ < end_; }

  enum class Outcome { fine, ended, broken };
  Outcome read();  // ended: nothing more will come for now
  Outcome write(); // broken: nobody takes the bytes any more
  // No more reading, or reading again.
  void set_ended(bool ended) { ended_ = ended; }

private:
  int from_;
  Sink to_;
  std::array<char, 32768> buffer_;
  size_t begin_ = 0, end_ = 0;
  bool ended_ = false;
};

} // namespace skiff
