#include <algorithm>

#include "tests/reports/example_parts.h"

namespace thaw::test {
namespace {

TransferRow row_of(const std::string& layer, std::int64_t parameters, bool is_trainable) {
  TransferRow row;
  row.set_layer(layer);
  row.set_parameters(parameters);
  row.set_trainable(is_trainable);
  row.set_learning_rate_multiplier(is_trainable && layer != "classification" ? 0.1 : 1);
  row.set_weight_decay_multiplier(layer.ends_with("_bn") ? 0 : 1);
  row.set_stored_statistics(layer.ends_with("_bn"));
  row.set_reinitialized(layer == "classification");
  return row;
}

Event stage_event(int stage, int epoch, const std::string& reason, std::vector<TransferRow> rows) {
  Event event;
  event.set_step((epoch - 1) * kStepsPerEpoch);
  StageBegun* begun = event.mutable_stage_begun();
  begun->set_stage(stage);
  begun->set_epoch(epoch);
  begun->set_reason(reason);
  begun->set_trainable_parameters(1290 + 100000 * stage);
  for (TransferRow& row : rows) *begun->add_transfer() = std::move(row);
  return event;
}

/// Behind the epoch before it.
void insert(std::vector<Event>& events, Event event) {
  const auto after = std::find_if(events.begin(), events.end(), [&](const Event& each) {
    return each.has_epoch_end() && each.epoch_end().epoch() == event.stage_begun().epoch();
  });
  events.insert(after, std::move(event));
}

}  // namespace

void add_transfer(std::vector<Event>& events) {
  Started& started = *events[0].mutable_started();
  started.set_strategy("gradual_unfreezing");
  for (const char* layer : {"backbone/conv1", "backbone/conv1_bn", "backbone/conv2", "backbone/conv2_bn"}) {
    *started.add_transfer() = row_of(layer, 4640, false);
  }
  *started.add_transfer() = row_of("classification", 1290, true);
  started.set_frozen_tensors(12);
  started.set_frozen_sha256(fake_hash("frozen"));
  insert(events, stage_event(1, 4, "at epoch 4", {row_of("backbone/conv2", 4640, true)}));
  std::vector<TransferRow> many{row_of("backbone/conv2_bn", 64, true)};
  for (int i = 0; i < 12; ++i) many.push_back(row_of("backbone/block" + std::to_string(i), 64, true));
  insert(events, stage_event(2, 6, "no improvement for 2 epochs", many));
  for (Event& event : events) {
    if (event.has_finished()) event.mutable_finished()->set_frozen_sha256(fake_hash("frozen"));
  }
}

}  // namespace thaw::test
