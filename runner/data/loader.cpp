#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "runner/data/epoch_order.h"
#include "runner/data/sample.h"
#include "schemas/diagnostic.h"

namespace thaw {
namespace {

constexpr std::uint64_t kNoBatch = ~std::uint64_t{0};

/// A place of the ring: one batch, filled by one thread at a time.
struct Slot {
  Batch batch;
  std::exception_ptr failure;
  std::uint64_t drawn = kNoBatch;  ///< which batch it holds, counted from batch 0 of epoch 0
  bool is_kept = false;            ///< for good
};

Batch allocate_batch(const SampleSource& source, int capacity) {
  const auto rows = static_cast<std::size_t>(capacity);
  Batch batch;
  batch.capacity = capacity;
  batch.has_features = source.gives_features();
  batch.images.resize(rows * source.channels() * source.height() * source.width());
  batch.objects.resize(rows * source.max_objects());
  batch.object_counts.resize(rows);
  batch.weights.resize(rows);
  batch.indices.resize(rows);
  return batch;
}

std::int64_t batches_of_epoch(const SampleSource& source, int capacity) {
  return (source.size() + capacity - 1) / capacity;
}

}  // namespace

// Batches are numbered through all epochs. Batch n lives in slot n modulo the ring's size, so it may be drawn once the
// batch that had the slot before it has been given back. Whichever thread draws it, its content depends on n alone. A
// ring that holds an epoch whose batches are always the same is filled once.
struct Loader::Impl {
  Impl(std::shared_ptr<const SampleSource> from, Options how);
  ~Impl() { stop(); }

  void seek(std::uint64_t number);
  const Batch& next();

  void start();
  void stop();
  void work();
  void fill(Slot& slot, std::uint64_t number) const;
  void draw_batch(Batch& batch, std::uint64_t number) const;
  void draw_row(Batch& batch, int row, std::uint64_t epoch) const;
  void clear_row(Batch& batch, int row) const;
  Slot& slot_of(std::uint64_t number) { return ring[number % ring.size()]; }
  const Slot& wait_for(std::uint64_t number);

  const std::shared_ptr<const SampleSource> source;
  const Options options;
  const EpochOrder order;
  const std::uint64_t batches_per_epoch;
  const bool is_keeping;  ///< what it has drawn
  std::vector<Slot> ring;
  std::vector<std::thread> threads;
  std::uint64_t position = 0;  // What next() hands out next.

  std::mutex mutex;  // Guards what follows, and `drawn` and `is_kept` of each slot.
  std::condition_variable has_room;
  std::condition_variable has_drawn;
  std::uint64_t next_to_draw = 0;
  std::uint64_t oldest_kept = 0;  // Batches before this one have been given back.
  bool is_stopping = false;
};

Loader::Impl::Impl(std::shared_ptr<const SampleSource> from, Options how)
    : source(std::move(from)),
      options(how),
      order(how.seed, source->size()),
      batches_per_epoch(static_cast<std::uint64_t>(batches_of_epoch(*source, how.batch_size))),
      is_keeping(Loader::keeps(*source, how)),
      ring(static_cast<std::size_t>(Loader::batches_held(*source, how))) {
  for (Slot& slot : ring) slot.batch = allocate_batch(*source, options.batch_size);
}

void Loader::Impl::seek(std::uint64_t number) {
  stop();
  for (Slot& slot : ring) slot.drawn = kNoBatch;
  position = next_to_draw = oldest_kept = number;
}

const Batch& Loader::Impl::next() {
  Slot& own = slot_of(position);
  if (options.threads == 0 && !own.is_kept) {
    fill(own, position);
    own.is_kept = is_keeping && !own.failure;
  }
  const Slot& slot = options.threads == 0 ? own : wait_for(position);
  if (slot.failure) std::rethrow_exception(slot.failure);
  ++position;
  return slot.batch;
}

// Gives back what next() handed out before, so a slot is free again, and waits.
const Slot& Loader::Impl::wait_for(std::uint64_t number) {
  const Slot& slot = slot_of(number);
  if (threads.empty() && !slot.is_kept) start();
  std::unique_lock lock(mutex);
  if (slot.is_kept) return slot;
  oldest_kept = number;
  has_room.notify_one();
  has_drawn.wait(lock, [&] { return slot.drawn == number; });
  return slot;
}

void Loader::Impl::start() {
  try {
    for (int i = 0; i < options.threads; ++i) threads.emplace_back([this] { work(); });
  } catch (const std::system_error& error) {
    throw IoError("data loader", "start a thread", error.code().value());
  }
}

void Loader::Impl::stop() {
  {
    const std::lock_guard lock(mutex);
    is_stopping = true;
  }
  has_room.notify_all();
  for (std::thread& thread : threads) thread.join();
  threads.clear();
  is_stopping = false;
}

void Loader::Impl::work() {
  std::unique_lock lock(mutex);
  while (true) {
    has_room.wait(lock, [&] { return is_stopping || next_to_draw < oldest_kept + ring.size(); });
    if (is_stopping) return;
    const std::uint64_t number = next_to_draw++;
    Slot& slot = slot_of(number);
    if (slot.is_kept) continue;
    lock.unlock();
    fill(slot, number);
    lock.lock();
    slot.drawn = number;
    slot.is_kept = is_keeping && !slot.failure;
    has_drawn.notify_one();
  }
}

void Loader::Impl::fill(Slot& slot, std::uint64_t number) const {
  slot.failure = nullptr;
  try {
    draw_batch(slot.batch, number);
  } catch (...) {
    slot.failure = std::current_exception();
  }
}

void Loader::Impl::draw_batch(Batch& batch, std::uint64_t number) const {
  const std::uint64_t epoch = number / batches_per_epoch;
  const auto first = static_cast<std::int64_t>(number % batches_per_epoch) * batch.capacity;
  batch.count = static_cast<int>(std::min<std::int64_t>(batch.capacity, source->size() - first));
  for (int row = 0; row < batch.capacity; ++row) {
    const bool is_sample = row < batch.count;
    batch.weights[row] = is_sample ? 1.0F : 0.0F;
    batch.indices[row] = is_sample && options.shuffle ? order.at(epoch, first + row) : is_sample ? first + row : 0;
    is_sample ? draw_row(batch, row, epoch) : clear_row(batch, row);
  }
}

void Loader::Impl::draw_row(Batch& batch, int row, std::uint64_t epoch) const {
  const int room = source->max_objects();
  SampleSlot slot;
  slot.image = batch.images.data() + batch.images.size() / batch.capacity * row;
  slot.objects = batch.objects.data() + static_cast<std::size_t>(room) * row;
  slot.object_count = &batch.object_counts[row];
  source->draw(options.same_every_epoch ? 0 : epoch, batch.indices[row], slot);
  // What an earlier batch left behind would depend on the ring's size.
  std::fill(slot.objects + *slot.object_count, slot.objects + room, Object{});
}

void Loader::Impl::clear_row(Batch& batch, int row) const {
  const std::size_t values = batch.images.size() / batch.capacity;
  std::fill_n(batch.images.data() + values * row, values, 0.0F);
  const auto room = static_cast<std::size_t>(source->max_objects());
  std::fill_n(batch.objects.data() + room * row, room, Object{});
  batch.object_counts[row] = 0;
}

Loader::Loader(std::shared_ptr<const SampleSource> source, Options options) {
  const bool is_valid = source != nullptr && source->size() > 0 && options.batch_size > 0 && options.threads >= 0 &&
                        options.prefetch_batches > 0;
  if (!is_valid) throw InternalError("Loader: no source, or an option out of range");
  impl_ = std::make_unique<Impl>(std::move(source), options);
}

Loader::~Loader() = default;

std::int64_t Loader::row_bytes(const SampleSource& source) {
  const std::int64_t values = std::int64_t{source.channels()} * source.height() * source.width();
  return 4 * values + source.max_objects() * static_cast<std::int64_t>(sizeof(Object)) + 16;
}

bool Loader::keeps(const SampleSource& source, const Options& options) {
  const std::int64_t batches = batches_of_epoch(source, options.batch_size);
  const bool is_always_same = options.same_every_epoch && !options.shuffle && !source.gives_features();
  return is_always_same && batches * options.batch_size * row_bytes(source) <= options.keep_bytes;
}

std::int64_t Loader::batches_held(const SampleSource& source, const Options& options) {
  if (keeps(source, options)) return batches_of_epoch(source, options.batch_size);
  return options.threads == 0 ? 1 : options.prefetch_batches + 1;  // one is with the caller, the others drawn ahead
}

std::int64_t Loader::batches_per_epoch() const { return static_cast<std::int64_t>(impl_->batches_per_epoch); }

void Loader::seek(std::uint64_t epoch, std::int64_t batch) {
  impl_->seek(epoch * impl_->batches_per_epoch + static_cast<std::uint64_t>(batch));
}

const Batch& Loader::next() { return impl_->next(); }

}  // namespace thaw
