#include "runner/train/evaluate.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "runner/data/random.h"
#include "runner/train/evaluate_classes.h"
#include "runner/train/pictures.h"

namespace thaw {
namespace {

constexpr int kIouBins = 20;
constexpr int kPreviewSamples = 16;

/// The output that is compared with a box, and the overlap from which it counts as right.
struct BoxOutput {
  std::string name;  ///< empty: there is none
  double iou_threshold = 0.5;
};

BoxOutput box_output(const Experiment& config, const std::vector<ObjectiveTerm>& terms) {
  BoxOutput output;
  for (const ObjectiveTerm& term : terms) {
    if (term.target == BOX && output.name.empty()) output.name = term.output;
  }
  for (const Metric& metric : config.metric()) {
    if (metric.has_intersection_over_union()) output.iou_threshold = metric.intersection_over_union().threshold();
  }
  return output;
}

void set_box(BoxValue* to, const Box& from) {
  to->set_xmin(from.xmin);
  to->set_ymin(from.ymin);
  to->set_xmax(from.xmax);
  to->set_ymax(from.ymax);
}

std::string picture_name(const std::string& prefix, std::int64_t index) {
  std::string number = std::to_string(index);
  number.insert(0, number.size() < 6 ? 6 - number.size() : 0, '0');
  return "samples/" + prefix + "-" + number + ".png";
}

/// Collects over one pass what goes into an Evaluation.
class Evaluator {
 public:
  Evaluator(const Experiment& config, const SampleSource& source, const std::vector<ObjectiveTerm>& terms)
      : config_(config), source_(source), terms_(terms), box_(box_output(config, terms)) {
    chosen_ = choose();
    for (const ClassOutput& output : class_outputs(terms)) classes_.emplace_back(output);
    if (!box_.name.empty()) histogram_.assign(kIouBins, 0);
  }

  void add(const Batch& batch, const BatchResult& result) {
    for (int n = 0; n < batch.count; ++n) add(batch, result, n);
  }

  void write(Evaluation& evaluation) {
    for (const auto& sample : shown_) *evaluation.add_sample() = sample;
    std::sort(worst_.begin(), worst_.end(), is_worse);
    for (const auto& sample : worst_) *evaluation.add_worst() = sample;
    for (const ClassEvaluation& output : classes_) output.write(*evaluation.add_output());
    if (!histogram_.empty()) {
      OutputEvaluation* output = evaluation.add_output();
      output->set_output(box_.name);
      output->set_iou_threshold(box_.iou_threshold);
      for (const std::int64_t count : histogram_) output->add_iou_histogram(count);
    }
  }

 private:
  static bool is_worse(const Sample& a, const Sample& b) {
    return a.loss() != b.loss() ? a.loss() > b.loss() : a.index() < b.index();
  }

  /// Distinct samples, drawn from the seed.
  std::set<std::int64_t> choose() const {
    const std::int64_t wanted = std::min<std::int64_t>(config_.report().samples(), source_.size());
    Draws draws(config_.seed(), "report/samples", 0, 0);
    std::set<std::int64_t> chosen;
    while (static_cast<std::int64_t>(chosen.size()) < wanted) {
      chosen.insert(static_cast<std::int64_t>(draws.below(static_cast<std::uint32_t>(source_.size()))));
    }
    return chosen;
  }

  void add(const Batch& batch, const BatchResult& result, int n) {
    const MeasuredSample measured{result, truth_of(batch, n, source_.max_objects()), n};
    Sample sample;
    sample.set_index(batch.indices[static_cast<std::size_t>(n)]);
    double loss = 0;
    for (std::size_t i = 0; i < terms_.size(); ++i)
      loss += terms_[i].weight * result.losses[i][static_cast<std::size_t>(n)];
    sample.set_loss(loss);
    for (ClassEvaluation& output : classes_) output.add(measured);
    if (!classes_.empty()) classes_.front().describe(measured, sample);
    if (!box_.name.empty()) {
      const Object& truth = measured.truth.main_object();
      const Box predicted = box_of(measured.row(box_.name));
      const double iou = intersection_over_union(predicted, truth.box);
      set_box(sample.mutable_true_box(), truth.box);
      set_box(sample.mutable_predicted_box(), predicted);
      sample.set_iou(iou);
      ++histogram_[static_cast<std::size_t>(std::min(static_cast<int>(iou * kIouBins), kIouBins - 1))];
    }
    if (chosen_.count(sample.index())) shown_.push_back(sample);
    keep_if_worst(std::move(sample));
  }

  void keep_if_worst(Sample sample) {
    const auto room = static_cast<std::size_t>(config_.report().worst());
    if (room == 0) return;
    if (worst_.size() == room) {
      if (!is_worse(sample, worst_.front())) return;
      std::pop_heap(worst_.begin(), worst_.end(), is_worse);  // the least bad of those kept
      worst_.pop_back();
    }
    worst_.push_back(std::move(sample));
    std::push_heap(worst_.begin(), worst_.end(), is_worse);
  }

  const Experiment& config_;
  const SampleSource& source_;
  const std::vector<ObjectiveTerm>& terms_;
  BoxOutput box_;
  std::set<std::int64_t> chosen_;
  std::vector<ClassEvaluation> classes_;  // the first one's answers stand below the pictures
  std::vector<std::int64_t> histogram_;
  std::vector<Sample> shown_, worst_;
};

/// Draws a sample again and writes its picture.
void add_picture(Sample& sample, const SampleSource& source, const std::string& split, SamplePictures& pictures) {
  sample.set_image(picture_name(split, sample.index()));
  sample.set_width(source.width());
  sample.set_height(source.height());
  if (pictures.write_again(sample.image())) return;
  std::vector<float> image(static_cast<std::size_t>(source.channels()) * static_cast<std::size_t>(source.height()) *
                           static_cast<std::size_t>(source.width()));
  std::vector<Object> objects(static_cast<std::size_t>(source.max_objects()));
  int count = 0;
  source.draw(0, sample.index(), {image.data(), objects.data(), &count, nullptr});
  pictures.write(sample.image(), {image.data(), source.channels(), source.height(), source.width()});
}

}  // namespace

Evaluation evaluate(Session& session, const Experiment& config, const JudgedSet& judged, SamplePictures& pictures) {
  const SampleSource& source = *judged.source;
  const auto& terms = session.evaluation().objective.terms;
  Loader loader(judged.source, {.seed = config.seed(),
                                .batch_size = judged.batch_size,
                                .threads = 0,
                                .shuffle = false,
                                .same_every_epoch = true});
  MetricSet metrics(config, terms);
  Evaluator evaluator(config, source, terms);
  TrunkBatches rows(judged.trunk);
  for (std::int64_t b = 0; b < loader.batches_per_epoch(); ++b) {
    const Batch& batch = rows.of(loader.next());
    session.evaluate(batch, source.max_objects());
    metrics.add(batch, session.result(), source.max_objects());
    evaluator.add(batch, session.result());
  }
  Evaluation evaluation;
  evaluation.set_split(judged.split);
  evaluation.set_samples(source.size());
  const auto values = metrics.values();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!values[i]) continue;
    MetricValue* value = evaluation.add_value();
    value->set_name(metrics.infos()[i].name());
    value->set_value(*values[i]);
  }
  evaluator.write(evaluation);
  for (Sample& sample : *evaluation.mutable_sample()) add_picture(sample, *judged.pictures, judged.split, pictures);
  for (Sample& sample : *evaluation.mutable_worst()) add_picture(sample, *judged.pictures, judged.split, pictures);
  return evaluation;
}

DataPreview preview(const Batch& batch, const SampleSource& source, const std::string& split,
                    SamplePictures& pictures) {
  DataPreview preview;
  preview.set_split(split);
  if (const std::string words = source.augmentation(); !words.empty()) preview.set_augmentation(words);
  const std::size_t size = batch.images.size() / static_cast<std::size_t>(batch.capacity);
  double sum = 0, squares = 0;
  for (std::size_t i = 0; i < size * static_cast<std::size_t>(batch.count); ++i) {
    sum += batch.images[i];
    squares += static_cast<double>(batch.images[i]) * batch.images[i];
  }
  const double pixels = static_cast<double>(size) * std::max(batch.count, 1);
  preview.set_pixel_mean(sum / pixels);
  preview.set_pixel_std(std::sqrt(std::max(squares / pixels - (sum / pixels) * (sum / pixels), 0.0)));
  for (int n = 0; n < std::min(batch.count, kPreviewSamples); ++n) {
    Sample* sample = preview.add_sample();
    sample->set_index(batch.indices[static_cast<std::size_t>(n)]);
    sample->set_image(picture_name("seen-" + split, n));
    sample->set_width(source.width());
    sample->set_height(source.height());
    for (int k = 0; k < batch.object_counts[static_cast<std::size_t>(n)]; ++k) {
      const Object& object = batch.objects[static_cast<std::size_t>(n * source.max_objects() + k)];
      TrueObject* added = sample->add_object();
      added->set_label(object.label);
      if (source.has_boxes()) set_box(added->mutable_box(), object.box);
      if (source.mixed_samples() > 1) added->set_share(object.share);
    }
    pictures.write(sample->image(), {batch.images.data() + static_cast<std::size_t>(n) * size, source.channels(),
                                     source.height(), source.width()});
  }
  return preview;
}

}  // namespace thaw
