#include "runner/train/training_state.h"

#include <iomanip>
#include <sstream>

namespace thaw {

void write_state(const TrainingState& state, Metadata& metadata) {
  const TimeSplit& time = state.epoch_time;
  metadata.set_integer("best_epoch", state.best_epoch);
  metadata.set_real("best_value", state.best_value);
  metadata.set_integer("epochs_since_best", state.epochs_since_best);
  metadata.set_real("wall_s", state.wall_s);
  metadata.set_real("first_step_s", state.first_step_s);
  metadata.set_real("last_finite_loss", state.last_finite_loss);
  metadata.set_integer("is_stopped_early", state.is_stopped_early ? 1 : 0);
  metadata.set_reals("epoch_time",
                     std::vector<double>{time.data_wait_s(), time.forward_s(), time.backward_s(), time.update_s(),
                                         time.other_s(), time.validation_s(), time.checkpoint_s()});
}

void read_state(const Metadata& metadata, TrainingState& state) {
  state.best_epoch = static_cast<int>(metadata.integer("best_epoch"));
  state.best_value = metadata.real("best_value");
  state.epochs_since_best = static_cast<int>(metadata.integer("epochs_since_best"));
  state.wall_s = metadata.real("wall_s");
  state.first_step_s = metadata.real("first_step_s");
  state.last_finite_loss = metadata.real("last_finite_loss");
  state.is_stopped_early = metadata.integer("is_stopped_early") != 0;
  const auto time = metadata.reals("epoch_time");
  state.epoch_time.set_data_wait_s(time.at(0));
  state.epoch_time.set_forward_s(time.at(1));
  state.epoch_time.set_backward_s(time.at(2));
  state.epoch_time.set_update_s(time.at(3));
  state.epoch_time.set_other_s(time.at(4));
  state.epoch_time.set_validation_s(time.at(5));
  state.epoch_time.set_checkpoint_s(time.at(6));
}

std::string epoch_summary(const std::vector<MetricInfo>& metrics, const std::vector<double>& train,
                          const std::vector<double>& validation) {
  std::ostringstream out;
  const auto show = [&](const char* split, const std::vector<double>& values) {
    out << split;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const MetricInfo& info = metrics[i];
      const bool is_part = info.name() != "loss" && info.name().ends_with("/loss");
      if (is_part) continue;
      const auto slash = info.name().find('/');
      out << "  " << (slash == std::string::npos ? info.name() : info.name().substr(slash + 1)) << ' ' << std::fixed
          << std::setprecision(4) << values[i];
    }
  };
  show("train", train);
  if (!validation.empty()) show("  |  validation", validation);
  return out.str();
}

}  // namespace thaw
