#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace thaw {

/// A box in fractions of the canvas: 0 <= xmin < xmax <= 1, likewise y.
struct Box {
  float xmin = 0, ymin = 0, xmax = 0, ymax = 0;
};

/// One object of a sample's truth.
struct Object {
  int label = 0;
  Box box;
  float share = 1;  ///< of the sample's truth: less where samples are mixed
};

/// Where one sample is drawn to. The memory belongs to the caller and need not be cleared.
struct SampleSlot {
  float* image = nullptr;         ///< channels x height x width, values 0..1; null where only the truth is wanted
  Object* objects = nullptr;      ///< room for max_objects()
  int* object_count = nullptr;    ///< how many were placed
  std::uint16_t* mask = nullptr;  ///< height x width, 0 background, k+1 object k; may be null
};

/// A deterministic, random-access set of samples: the same (epoch, index) gives the same bytes, from any thread.
class SampleSource {
 public:
  virtual ~SampleSource() = default;

  virtual std::int64_t size() const = 0;  ///< samples in an epoch
  virtual int channels() const = 0;
  virtual int height() const = 0;
  virtual int width() const = 0;
  virtual int max_objects() const = 0;
  /// Fewest objects of a sample: 0 where pictures need not have a label.
  virtual int min_objects() const { return 1; }
  /// How many samples each is mixed of: max_objects() counts the objects of all.
  virtual int mixed_samples() const { return 1; }
  virtual int classes() const = 0;
  virtual std::vector<std::string> class_names() const = 0;
  /// Objects of each class over epoch 0. At once for one object a sample; else it takes the drawing of an epoch.
  virtual std::vector<std::int64_t> class_counts() const = 0;
  /// One line for people: "IDX sprites train-images-idx3-ubyte.gz on a 75x75 canvas".
  virtual std::string description() const = 0;
  /// SHA-256 (hex) of everything the samples depend on: file contents and recipe.
  virtual std::string fingerprint() const = 0;
  /// Epoch e draws what epoch e modulo this draws; 0: every epoch is new.
  virtual int variants() const { return 0; }
  /// Whether objects have boxes that mean something. Without, a sample is nothing but its labels.
  virtual bool has_boxes() const { return true; }
  /// Whether `image` gets what a frozen trunk made of the picture: channels() numbers.
  virtual bool gives_features() const { return false; }
  /// What is done to samples at random, in words; empty: nothing.
  virtual std::string augmentation() const { return {}; }
  /// The same samples with nothing done to them, to judge by; null: nothing is done.
  virtual std::shared_ptr<const SampleSource> plain() const { return nullptr; }
  /// What people should know of this data: pictures that were left out, and the like.
  virtual std::vector<std::string> warnings() const { return {}; }
  /// Draws sample `index` (0..size) of `epoch`, which is below 2^32. Thread-safe; what it allocates is freed, or kept
  /// as scratch for the thread's next call.
  virtual void draw(std::uint64_t epoch, std::int64_t index, const SampleSlot& slot) const = 0;
};

/// Samples that travel together. Rows past `count` are zero and have weight 0.
struct Batch {
  int capacity = 0;                   ///< rows allocated: the batch size
  int count = 0;                      ///< rows filled
  bool has_features = false;          ///< images hold features: what a frozen trunk made of the pictures
  std::vector<float> images;          ///< capacity x C x H x W
  std::vector<Object> objects;        ///< capacity x max_objects
  std::vector<int> object_counts;     ///< capacity
  std::vector<float> weights;         ///< capacity: 1 for a sample, 0 for padding
  std::vector<std::int64_t> indices;  ///< capacity: index in the source
};

/// Batches of epochs in order, drawn ahead by background threads; identical for any number of them.
/// Epoch e visits order(e): a shuffle keyed by (seed, epoch), or 0..size. The last batch of an epoch may be short.
class Loader {
 public:
  struct Options {
    std::uint64_t seed = 1;
    int batch_size = 1;
    int threads = 1;  ///< 0: drawn in the caller's thread
    int prefetch_batches = 4;
    bool shuffle = true;
    bool same_every_epoch = false;  ///< draw as epoch 0 always (validation)
    /// Batches that are the same in every epoch are drawn once and kept, if all take no more bytes than this.
    std::int64_t keep_bytes = 0;
  };
  /// Bytes of a sample in a batch.
  static std::int64_t row_bytes(const SampleSource& source);
  /// Whether batches of `source` are drawn once and kept, by these options.
  static bool keeps(const SampleSource& source, const Options& options);
  /// How many batches are in memory at a time.
  static std::int64_t batches_held(const SampleSource& source, const Options& options);
  Loader(std::shared_ptr<const SampleSource> source, Options options);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  std::int64_t batches_per_epoch() const;
  /// Goes to batch `batch` of `epoch` (both from 0); drops what was drawn ahead and is not kept. Before the first
  /// next() it costs nothing, later it waits for the batches that are being drawn.
  void seek(std::uint64_t epoch, std::int64_t batch);
  /// The next batch; valid until the next call. Runs on into the following epochs without end.
  /// Throws what drawing threw, again and again until seek(); IoError if a thread cannot be started.
  const Batch& next();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace thaw
