// What a run does where other weights are trained from then on, and the proof that the rest stayed the same.
#include "runner/train/run_facts.h"
#include "runner/train/training_run.h"
#include "runner/train/transfer_facts.h"
#include "schemas/record.h"

namespace thaw {

bool TrainingRun::begin_stages(int epoch) {
  std::vector<std::string> reasons;
  while (const auto reason = stages_.reason_for_next(state_.stage.number, epoch, state_.epochs_since_best)) {
    reasons.push_back(*reason);
    ++state_.stage.number;
    state_.stage.begun_after.push_back(state_.step);
  }
  if (reasons.empty()) return false;
  append_profile();
  profiler_.reset();
  const auto before = describe_transfer(session_.training().model);
  session_.begin_stage(config_, prepared_.models.files, {.stage = state_.stage});
  if (state_.stage.number == stages_.count()) prepared_.models.files.clear();
  state_.epochs_since_best = 0;
  const auto after = describe_transfer(session_.training().model);
  append_stage(epoch, reasons.back(), changed_rows(before, after));
  // A shorter trunk has other features.
  append_ready(feed_->open(session_, session_.has_trunk() ? session_.make_trunk() : nullptr, progress_));
  if (feed_->is_stopped()) {
    ended_ = stopped();
  } else {
    feed_->seek(state_.step);
  }
  return true;
}

void TrainingRun::append_stage(int epoch, const std::string& reason, std::vector<TransferRow> rows) {
  Event event;
  StageBegun& begun = *event.mutable_stage_begun();
  begun.set_stage(state_.stage.number);
  begun.set_epoch(epoch);
  begun.set_reason(reason);
  begun.set_trainable_parameters(describe_plan(session_).trainable_parameters());
  for (TransferRow& row : rows) *begun.add_transfer() = std::move(row);
  progress_.note("stage " + std::to_string(begun.stage()) + " (" + reason +
                 "): " + grouped(begun.trainable_parameters()) + " parameters are trained");
  append(std::move(event));
}

std::string TrainingRun::check_frozen() {
  const FrozenTensors frozen = session_.frozen_sha256();
  const Started started = load_run(folder_.path()).started;
  if (!started.has_frozen_sha256()) return {};
  require_unchanged(started.frozen_sha256(), frozen);
  progress_.note("frozen: " + grouped(frozen.count) + " tensors unchanged, sha256 " + frozen.sha256.substr(0, 12));
  return frozen.sha256;
}

}  // namespace thaw
