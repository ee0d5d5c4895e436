// Text -> tree, by yajl's stream callbacks. yajl_tree is not used: it loses the lengths of strings (so a NUL cuts
// them), has no limit of depth, and keeps names that occur twice.
#include "oci-spec/json/parse.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include <yajl/yajl_parse.h>

#include "oci-spec/error.h"
#include "oci-spec/json/utf8.h"
#include "runtime/base/text.h"

namespace oci::json {

// Collects the callbacks' events. Its functions return yajl's "go on"; on an error they note it and return 0.
class Builder {
public:
  explicit Builder(Document& document) : document_(document), handle_(yajl_alloc(&kCallbacks, nullptr, this)) {
    if (!handle_) throw std::bad_alloc();
  }
  ~Builder() { yajl_free(handle_); }
  Builder(const Builder&) = delete;
  Builder& operator=(const Builder&) = delete;

  void run();

private:
  struct Open {
    Kind kind;
    size_t offset;
    size_t first; // index in pending_ of its first item
  };

  static Builder& self(void* context) { return *static_cast<Builder*>(context); }
  static const yajl_callbacks kCallbacks;

  // Where the token that yajl has just read begins. All tokens but commas and colons come by here, so the begin is what
  // follows the token before.
  size_t take_token();
  size_t token_begin() const;
  int add(const Value& value);
  int add_text(const unsigned char* bytes, size_t length);
  int name(const unsigned char* bytes, size_t length);
  int open(Kind kind);
  int close();
  int fail(size_t offset, std::string reason);
  // The text of the string token at `offset`, kept; nothing after fail().
  std::optional<std::string_view> keep_string(const unsigned char* bytes, size_t length, size_t offset);
  std::span<const Item> keep_items(size_t first);
  bool has_twice(size_t first);
  std::string_view text() const { return document_.text_; }
  template <class T> T* allocate(size_t count) {
    return static_cast<T*>(document_.arena_->allocate(count * sizeof(T), alignof(T)));
  }
  [[noreturn]] void raise(size_t offset, std::string_view reason) const {
    throw SpecError(skiff::cat(document_.place(offset), ": ", reason));
  }
  [[noreturn]] void raise_yajl_error();

  Document& document_;
  yajl_handle handle_;
  std::vector<Item> pending_;        // items of the containers that are still open
  std::vector<size_t> name_offsets_; // of each in pending_
  std::vector<Open> open_;
  std::vector<size_t> order_; // has_twice()'s, kept to save the allocation
  size_t previous_end_ = 0;
  std::string failure_;
  size_t failure_offset_ = 0;
};

const yajl_callbacks Builder::kCallbacks = {
    .yajl_null = [](void* context) { return self(context).add(Value::null(self(context).take_token())); },
    .yajl_boolean = [](void* context,
                       int truth) { return self(context).add(Value::boolean(self(context).take_token(), truth != 0)); },
    .yajl_integer = nullptr,
    .yajl_double = nullptr,
    .yajl_number =
        [](void* context, const char* digits, size_t length) {
          Builder& builder = self(context);
          (void)digits; // the text itself lives longer than yajl's buffer
          const size_t begin = builder.take_token();
          return builder.add(Value::number(begin, builder.text().substr(begin, length)));
        },
    .yajl_string = [](void* context, const unsigned char* bytes,
                      size_t length) { return self(context).add_text(bytes, length); },
    .yajl_start_map = [](void* context) { return self(context).open(Kind::object); },
    .yajl_map_key = [](void* context, const unsigned char* bytes,
                       size_t length) { return self(context).name(bytes, length); },
    .yajl_end_map = [](void* context) { return self(context).close(); },
    .yajl_start_array = [](void* context) { return self(context).open(Kind::array); },
    .yajl_end_array = [](void* context) { return self(context).close(); },
};

size_t Builder::token_begin() const {
  // A loop of its own: find_first_not_of() took a fifth of all parsing time.
  const auto separates = [](char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == ',' || c == ':'; };
  size_t at = previous_end_;
  while (at < text().size() && separates(text()[at])) ++at;
  return at;
}

size_t Builder::take_token() {
  const size_t begin = token_begin();
  previous_end_ = yajl_get_bytes_consumed(handle_);
  return begin;
}

int Builder::fail(size_t offset, std::string reason) {
  failure_ = std::move(reason);
  failure_offset_ = offset;
  return 0;
}

int Builder::add(const Value& value) {
  if (open_.empty()) {
    document_.root_ = value;
  } else if (open_.back().kind == Kind::object) {
    pending_.back().value = value;
  } else {
    pending_.push_back({{}, value});
    name_offsets_.push_back(value.offset());
  }
  return 1;
}

std::optional<std::string_view> Builder::keep_string(const unsigned char* bytes, size_t length, size_t offset) {
  const std::string_view decoded(reinterpret_cast<const char*>(bytes), length);
  const std::string_view raw = text().substr(offset + 1, previous_end_ - offset - 2);
  if (raw.find('\\') == std::string_view::npos) return raw;
  if (has_unpaired_surrogate(raw)) {
    (void)fail(offset, "a string holds half of a surrogate pair");
    return std::nullopt;
  }
  if (decoded.find('\0') != std::string_view::npos) {
    (void)fail(offset, "a string holds a NUL character, which no path, name or argument can");
    return std::nullopt;
  }
  char* copy = allocate<char>(length);
  std::memcpy(copy, bytes, length);
  return std::string_view(copy, length);
}

int Builder::add_text(const unsigned char* bytes, size_t length) {
  const size_t offset = take_token();
  const std::optional<std::string_view> kept = keep_string(bytes, length, offset);
  return kept ? add(Value::string(offset, *kept)) : 0;
}

int Builder::name(const unsigned char* bytes, size_t length) {
  const size_t offset = take_token();
  const std::optional<std::string_view> kept = keep_string(bytes, length, offset);
  if (!kept) return 0;
  pending_.push_back({*kept, {}});
  name_offsets_.push_back(offset);
  return 1;
}

int Builder::open(Kind kind) {
  const size_t offset = take_token();
  if (open_.size() == kDeepestNesting) return fail(offset, "more than 64 levels of arrays and objects");
  open_.push_back({kind, offset, pending_.size()});
  return 1;
}

int Builder::close() {
  (void)take_token();
  const Open closed = open_.back();
  if (closed.kind == Kind::object && has_twice(closed.first)) return 0;
  const std::span<const Item> items = keep_items(closed.first);
  open_.pop_back();
  return add(Value::container(closed.kind, closed.offset, items));
}

bool Builder::has_twice(size_t first) {
  // By sorting and not by comparing all with all: an object may have a million names.
  order_.clear();
  for (size_t i = first; i < pending_.size(); ++i) order_.push_back(i);
  std::ranges::sort(order_, [&](size_t a, size_t b) {
    const std::string_view left = pending_[a].name;
    const std::string_view right = pending_[b].name;
    if (left.size() != right.size()) return left.size() < right.size();
    const int compared = left.compare(right);
    return compared != 0 ? compared < 0 : a < b;
  });
  const auto twice =
      std::ranges::adjacent_find(order_, [&](size_t a, size_t b) { return pending_[a].name == pending_[b].name; });
  if (twice == order_.end()) return false;
  const size_t second = *std::next(twice);
  (void)fail(name_offsets_[second], skiff::cat("the name ", skiff::quote(pending_[second].name), " is there twice"));
  return true;
}

std::span<const Item> Builder::keep_items(size_t first) {
  const size_t count = pending_.size() - first;
  if (count == 0) return {};
  Item* kept = allocate<Item>(count);
  std::uninitialized_copy_n(pending_.begin() + static_cast<std::ptrdiff_t>(first), count, kept);
  pending_.resize(first);
  name_offsets_.resize(first);
  return {kept, count};
}

void Builder::raise_yajl_error() {
  unsigned char* raw = yajl_get_error(handle_, 0, nullptr, 0);
  const std::string message(skiff::trim(reinterpret_cast<const char*>(raw)));
  yajl_free_error(handle_, raw);
  const size_t consumed = yajl_get_bytes_consumed(handle_);
  const size_t last = consumed > 0 ? consumed - 1 : 0;
  // A lexical error is about the character it stopped at, the others are about the token that began before it.
  raise(message.starts_with("lexical") ? last : std::min(token_begin(), last), skiff::cat("invalid JSON: ", message));
}

void Builder::run() {
  const auto* bytes = reinterpret_cast<const unsigned char*>(text().data());
  const yajl_status status = yajl_parse(handle_, bytes, text().size());
  if (!failure_.empty()) raise(failure_offset_, failure_);
  if (status != yajl_status_ok) raise_yajl_error();
  // Not before here: a number at the very end is complete only now.
  const bool complete = yajl_complete_parse(handle_) == yajl_status_ok;
  if (!complete) raise(text().size(), "invalid JSON: the document ends too early");
}

Document parse(std::string_view text, std::string_view file) {
  Document document(text, file);
  if (text.size() > kLargestDocument) {
    throw SpecError(skiff::cat(file, ": the document is larger than 16 MiB (", text.size(), " bytes)"));
  }
  const size_t valid = valid_utf8_prefix(text);
  if (valid != text.size()) throw SpecError(skiff::cat(document.place(valid), ": invalid JSON: invalid UTF-8"));
  Builder(document).run();
  return document;
}

} // namespace oci::json
