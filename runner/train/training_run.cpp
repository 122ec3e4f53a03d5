#include "runner/train/training_run.h"

#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <utility>

#include "runner/store/durable_file.h"
#include "runner/train/predict.h"
#include "runner/train/process_facts.h"
#include "runner/train/run_facts.h"
#include "runner/train/schedule.h"
#include "runner/train/weights/describe.h"
#include "schemas/diagnostic.h"
#include "schemas/record.h"

namespace thaw {
namespace {

using Clock = std::chrono::steady_clock;

void set_values(google::protobuf::RepeatedPtrField<MetricValue>* to, const MetricSet& metrics,
                const MeasuredValues& values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!values[i]) continue;
    MetricValue* value = to->Add();
    value->set_name(metrics.infos()[i].name());
    value->set_value(*values[i]);
  }
}

/// What its folder is called by.
std::string run_name(const RunFolder& folder) { return std::filesystem::path(folder.path()).filename().string(); }

/// What a run goes on from, or begins with.
TrainingState first_state(const LatestCheckpoint& latest, const StagePlan& stages) {
  TrainingState state;
  if (latest.checkpoint) {
    state.step = latest.checkpoint->step;
    state.read(latest.checkpoint->metadata);
  } else {
    state.stage = stages.first();
  }
  return state;
}

/// Where no stage is to come, the contents of model files are read for the last time: weights and structure are the
/// session's now.
Session make_session(PreparedExperiment& prepared, std::shared_ptr<Device> device, const StagePlan& stages,
                     const SessionOptions& options) {
  Findings findings = prepared.loaded.findings();
  const ModelFiles files = prepared.models.files;
  if (options.stage.number == stages.count()) prepared.models.files.clear();
  Session session(prepared.loaded.config, findings, std::move(device), files, options);
  session.use_weights(std::exchange(prepared.weights.values, {}));
  return session;
}

}  // namespace

/// Counts the time that a call takes as the run's own, from its begin on.
class TrainingRun::Span {
 public:
  explicit Span(TrainingRun& run) : run_(run) { run_.span_ = this; }
  ~Span() {
    run_.own_s_ += seconds();
    run_.span_ = nullptr;
  }
  Span(const Span&) = delete;
  Span& operator=(const Span&) = delete;

  double seconds() const { return seconds_since(start_); }

 private:
  TrainingRun& run_;
  Clock::time_point start_ = Clock::now();
};

TrainingRun::TrainingRun(PreparedExperiment prepared, RunFolder folder, const RunContext& context,
                         std::shared_ptr<FrozenTrunk> trunk)
    : prepared_(std::move(prepared)),
      config_(prepared_.loaded.config),
      context_(context),
      options_(context.options),
      folder_(std::move(folder)),
      stages_(config_),
      latest_(find_latest(folder_.checkpoints_path())),
      state_(first_state(latest_, stages_)),
      session_(make_session(prepared_, context.device, stages_,
                            {.stage = state_.stage, .arena = context.arena, .trunk = std::move(trunk)})),
      train_metrics_(config_, session_.training().objective.terms, MetricScope::kTrain),
      validation_metrics_(config_, session_.training().objective.terms, MetricScope::kValidation),
      record_(folder_.record_path()),
      progress_(config_.train().epochs(), steps_of_an_epoch(config_, *prepared_.train),
                is_alone() ? "" : run_name(folder_)),
      steps_per_epoch_(steps_of_an_epoch(config_, *prepared_.train)),
      total_steps_(steps_per_epoch_ * config_.train().epochs()) {
  session_.set_class_weights(prepared_.class_weights);
  const BestRule best = best_rule(config_, train_metrics_.infos());
  best_metric_ = best.metric;
  best_is_max_ = best.is_max;
}

void TrainingRun::append(Event event) {
  event.set_step(state_.step);
  record_.append(std::move(event));
}

/// Side by side, each counts what is its own.
double TrainingRun::wall_seconds() const {
  if (is_alone()) return state_.wall_s + seconds_since(started_);
  return state_.wall_s + own_s_ + (span_ == nullptr ? 0 : span_->seconds());
}

void TrainingRun::load(const TrainingRun* sibling) {
  const Span span(*this);
  folder_.write_experiment(prepared_.loaded.resolved_text);
  for (const std::string& warning : latest_.warnings) progress_.note("warning: " + warning);
  if (options_.wants_profile) {
    peaks_ = context_.device->measure_peaks();
    forget_peak_rss();
  }
  session_.initialize(config_.seed());  // a checkpoint holds what changes, nothing else
  session_.release_file_weights();
  if (latest_.checkpoint) restore(*latest_.checkpoint);
  latest_.checkpoint.reset();
  save_frozen(sibling);
}

void TrainingRun::announce(const TrunkProgram* trunk, std::int64_t process_bytes) {
  const Span span(*this);
  const auto events = read_record(folder_.record_path()).events;
  const bool has_start = !events.empty() && events.front().has_started();
  const bool was_stopped = !events.empty() && events.back().has_stopped();
  const bool was_paused = was_stopped && events.back().stopped().has_after_epoch();
  Event event;
  if (has_start) {
    event.mutable_resumed()->set_from_step(state_.step);
    event.mutable_resumed()->set_reason(was_paused ? "paused" : was_stopped ? "stopped" : "killed");
    append(std::move(event));
    progress_.note("going on after step " + std::to_string(state_.step) + " of " + std::to_string(total_steps_));
  } else {
    *event.mutable_started() = describe_start({prepared_, session_, *context_.device, options_, run_name(folder_),
                                               train_metrics_.infos(), steps_per_epoch_, best_metric_, best_is_max_});
    for (const std::string& id : context_.ids) {
      if (id != run_name(folder_)) event.mutable_started()->add_beside(id);
    }
    const Foreseen foreseen{prepared_, session_, *context_.device, process_bytes, trunk};
    Prediction* prediction = event.mutable_started()->mutable_prediction();
    *prediction = predict_sizes(foreseen);
    if (options_.wants_profile) predict_times(foreseen, peaks_, *prediction);
    append(std::move(event));
    for (const WeightsLoaded& table : prepared_.weights.tables) progress_.note(weights_line(table));
  }
  const bool has_stage = std::any_of(events.begin(), events.end(), [](const Event& e) { return e.has_stage_begun(); });
  if (state_.step == 0 && state_.stage.number > 0 && !has_stage) append_stage(1, "at epoch 1", {});
}

void TrainingRun::start(TrainingFeed& feed, const std::vector<TrunkReady>& ready) {
  const Span span(*this);
  feed_ = &feed;
  append_ready(ready);
  if (feed.is_stopped()) {
    ended_ = stopped();
  } else if (options_.wants_profile) {
    profiler_.emplace(session_.training_program(), state_.step + 1, total_steps_ - state_.step);
  }
}

void TrainingRun::append_ready(std::vector<TrunkReady> ready) {
  for (TrunkReady& each : ready) {
    Event event;
    each.set_stage(state_.stage.number);
    *event.mutable_trunk_ready() = std::move(each);
    append(std::move(event));
  }
}

/// What was timed so far, once: at the last step to time, or where training ends before.
void TrainingRun::append_profile() {
  auto profile = profiler_ ? profiler_->take(peaks_) : std::nullopt;
  if (!profile) return;
  Event event;
  *event.mutable_profile() = std::move(*profile);
  append(std::move(event));
}

void TrainingRun::settle() {
  const Span span(*this);
  if (state_.step >= total_steps_ || state_.is_stopped_early) {
    ended_ = finish();
  } else if (is_pause_due()) {
    ended_ = pause();
  }
}

void TrainingRun::stop() {
  const Span span(*this);
  ended_ = stopped();
}

void TrainingRun::train(const Batch& batch, double waited_s) {
  own_s_ += waited_s;
  const Span span(*this);
  const auto start = Clock::now();
  state_.epoch_time.set_data_wait_s(state_.epoch_time.data_wait_s() + waited_s);
  if (state_.step == 0) {
    SamplePictures pictures(folder_.path(), feed_->pictures());
    Event event;
    *event.mutable_data_preview() = feed_->preview(pictures);
    pictures.commit();  // before the record names them
    append(std::move(event));
  }
  const double rate = learning_rate_at(config_.train(), state_.step, steps_per_epoch_, total_steps_);
  Program& program = session_.training_program();
  program.reset_phase_seconds();
  if (profiler_) profiler_->before_step();
  const StepOutcome outcome = session_.train_step(batch, rate, state_.step + 1, train_source().max_objects());
  if (!std::isfinite(outcome.gradient_norm)) {
    ended_ = diverge(batch, rate);
    return;
  }
  train_metrics_.add(batch, session_.result(), train_source().max_objects());
  state_.last_finite_loss = outcome.loss;
  ++state_.step;
  if (profiler_ && profiler_->after_step()) append_profile();
  if (state_.first_step_s == 0) state_.first_step_s = seconds_since_process_start();

  const PhaseSeconds& phases = program.phase_seconds();
  TimeSplit& time = state_.epoch_time;
  time.set_forward_s(time.forward_s() + phases[0]);
  time.set_backward_s(time.backward_s() + phases[1]);
  time.set_update_s(time.update_s() + phases[2]);
  time.set_other_s(time.other_s() + seconds_since(start) - phases[0] - phases[1] - phases[2]);
  const std::int64_t in_epoch = (state_.step - 1) % steps_per_epoch_ + 1;
  progress_.step(static_cast<int>((state_.step - 1) / steps_per_epoch_) + 1, in_epoch, outcome.loss,
                 samples_per_second(in_epoch));
  const int every = config_.train().checkpoint().every_steps();
  if (every > 0 && state_.step % every == 0 && in_epoch != steps_per_epoch_) save();
}

void TrainingRun::validate(const Batch& batch, double waited_s) {
  own_s_ += waited_s;
  const Span span(*this);
  const auto start = Clock::now();
  session_.evaluate(batch, feed_->max_validation_objects());
  validation_metrics_.add(batch, session_.result(), feed_->max_validation_objects());
  state_.epoch_time.set_validation_s(state_.epoch_time.validation_s() + waited_s + seconds_since(start));
}

double TrainingRun::samples_per_second(std::int64_t steps_in_epoch) const {
  const TimeSplit& time = state_.epoch_time;
  const double spent = time.data_wait_s() + time.forward_s() + time.backward_s() + time.update_s() + time.other_s();
  const auto samples = std::min(steps_in_epoch * config_.train().batch_size(), train_source().size());
  return spent > 0 ? static_cast<double>(samples) / spent : 0;
}

void TrainingRun::end_epoch() {
  const Span span(*this);
  const int epoch = static_cast<int>(state_.step / steps_per_epoch_);
  const MeasuredValues train = train_metrics_.values();
  MeasuredValues validation;
  if (feed_->has_validation()) validation = validation_metrics_.values();
  validation_metrics_.reset();
  const bool is_best = update_best(epoch, validation.empty() ? train : validation);
  if (is_best) keep_best(epoch);
  const auto& stopping = config_.train();
  const bool is_last_stage = state_.stage.number == stages_.count();  // else weights are still to be released
  if (stopping.has_early_stopping() && is_last_stage &&
      state_.epochs_since_best >= stopping.early_stopping().patience()) {
    state_.is_stopped_early = true;
  }

  Event event;
  EpochEnd* end = event.mutable_epoch_end();
  end->set_epoch(epoch);
  end->set_learning_rate(learning_rate_at(config_.train(), state_.step - 1, steps_per_epoch_, total_steps_));
  set_values(end->mutable_train(), train_metrics_, train);
  set_values(end->mutable_validation(), validation_metrics_, validation);
  end->set_is_best(is_best);
  *end->mutable_time() = state_.epoch_time;
  end->set_samples_per_second(samples_per_second(steps_per_epoch_));
  end->set_peak_rss_bytes(peak_rss_bytes());
  append(std::move(event));
  progress_.epoch(epoch, epoch_summary(train_metrics_.infos(), train, validation) + (is_best ? "  best" : ""));

  train_metrics_.reset();
  state_.epoch_time.Clear();
  const bool is_new_stage = epoch < config_.train().epochs() && begin_stages(epoch + 1);
  if (is_new_stage || epoch == config_.train().epochs() || state_.is_stopped_early || is_checkpoint_due()) save();
}

bool TrainingRun::update_best(int epoch, const MeasuredValues& judged) {
  // What was not measured, or is no number, is as bad as can be.
  double value = std::numeric_limits<double>::infinity() * (best_is_max_ ? -1 : 1);
  for (std::size_t i = 0; i < judged.size(); ++i) {
    const bool is_it = train_metrics_.infos()[i].name() == best_metric_ && judged[i] && !std::isnan(*judged[i]);
    if (is_it) value = *judged[i];
  }
  const double min_delta = config_.train().early_stopping().min_delta();
  const double gain = value == state_.best_value ? 0
                      : best_is_max_             ? value - state_.best_value
                                                 : state_.best_value - value;
  const bool is_first = state_.best_epoch == 0;
  // The kept weights are the best there were; patience asks for an improvement worth the name.
  state_.epochs_since_best = is_first || gain > min_delta ? 0 : state_.epochs_since_best + 1;
  if (!is_first && gain <= 0) return false;
  state_.best_epoch = epoch;
  state_.best_value = value;
  return true;
}

RunOutcome TrainingRun::stopped() {
  append_profile();
  save();
  Event event;
  event.mutable_stopped()->set_signal(context_.stop_signal.name());
  append(std::move(event));
  return {RunEnd::kStopped, folder_.path(),
          "stopped by " + context_.stop_signal.name() + " after step " + std::to_string(state_.step) + " of " +
              std::to_string(total_steps_) + "; the same command goes on from there"};
}

bool TrainingRun::is_pause_due() const {
  return options_.until_epoch > 0 && state_.step >= steps_per_epoch_ * options_.until_epoch;
}

RunOutcome TrainingRun::pause() {
  append_profile();
  if (saved_step_ != state_.step) save();
  const auto epochs = static_cast<int>(state_.step / steps_per_epoch_);
  Event event;
  event.mutable_stopped()->set_after_epoch(epochs);
  append(std::move(event));
  return {RunEnd::kPaused, folder_.path(),
          "paused after epoch " + std::to_string(epochs) + " of " + std::to_string(config_.train().epochs())};
}

RunOutcome TrainingRun::diverge(const Batch& batch, double learning_rate) {
  write_best();
  append_profile();
  const auto value = session_.find_non_finite(batch, train_source().max_objects());
  const Divergence found = describe_divergence(session_, value);
  Event event;
  Diverged* diverged = event.mutable_diverged();
  diverged->set_tensor(found.tensor);
  diverged->set_layer(found.layer);
  diverged->set_kind(found.kind);
  diverged->set_learning_rate(learning_rate);
  diverged->set_last_finite_loss(state_.last_finite_loss);
  diverged->set_advice("lower the learning rate (--set train.optimizer." + optimizer_name(config_) +
                       ".learning_rate=" + short_text(learning_rate / 10) +
                       ") or clip the gradients (--set train.gradient_clipping.global_norm=1)");
  append(event);
  return {RunEnd::kDiverged, folder_.path(),
          "diverged at step " + std::to_string(state_.step + 1) + " of " + std::to_string(total_steps_) + ": " +
              found.tensor + " became " + found.kind + " (learning rate " + short_text(learning_rate) +
              "); what to try: " + event.diverged().advice()};
}

RunOutcome TrainingRun::finish() {
  append_profile();
  const std::string last_sha256 = session_.weights_sha256();
  const std::string frozen_sha256 = check_frozen();
  restore_best();
  const JudgedSet judged = feed_->judged_set(session_);
  SamplePictures pictures(folder_.path(), feed_->pictures());
  Event evaluated;
  *evaluated.mutable_evaluation() = evaluate(session_, config_, judged, pictures);
  pictures.commit();
  evaluated.mutable_evaluation()->set_epoch(state_.best_epoch);
  append(std::move(evaluated));

  Event event;
  Finished* finished = event.mutable_finished();
  finished->set_reason(state_.is_stopped_early ? "early stopping" : "all epochs done");
  finished->set_weights_sha256(last_sha256);
  finished->set_best_weights_sha256(session_.weights_sha256());
  if (!frozen_sha256.empty()) finished->set_frozen_sha256(frozen_sha256);
  finished->set_metrics_sha256(metrics_sha256(load_run(folder_.path())));
  finished->set_best_epoch(state_.best_epoch);
  finished->set_wall_s(wall_seconds());
  finished->set_peak_rss_bytes(peak_rss_bytes());
  finished->set_time_to_first_step_s(state_.first_step_s);
  append(std::move(event));
  return {RunEnd::kDone, folder_.path(), "done"};
}

}  // namespace thaw
