#include "runner/train/training_state.h"

#include <iomanip>
#include <sstream>

namespace thaw {

void TrainingState::write(Metadata& to) const {
  to.set_integer("stage", stage.number);
  to.set_reals("stages_begun_after", std::vector<double>(stage.begun_after.begin(), stage.begun_after.end()));
  to.set_integer("best_epoch", best_epoch);
  to.set_real("best_value", best_value);
  to.set_integer("epochs_since_best", epochs_since_best);
  to.set_real("wall_s", wall_s);
  to.set_real("first_step_s", first_step_s);
  to.set_real("last_finite_loss", last_finite_loss);
  to.set_integer("is_stopped_early", is_stopped_early ? 1 : 0);
  to.set_reals("epoch_time", std::vector<double>{epoch_time.data_wait_s(), epoch_time.forward_s(),
                                                 epoch_time.backward_s(), epoch_time.update_s(), epoch_time.other_s(),
                                                 epoch_time.validation_s(), epoch_time.checkpoint_s()});
}

void TrainingState::read(const Metadata& saved) {
  stage.number = static_cast<int>(saved.integer("stage"));
  stage.begun_after.clear();
  for (const double after : saved.reals("stages_begun_after")) {
    stage.begun_after.push_back(static_cast<std::int64_t>(after));
  }
  best_epoch = static_cast<int>(saved.integer("best_epoch"));
  best_value = saved.real("best_value");
  epochs_since_best = static_cast<int>(saved.integer("epochs_since_best"));
  wall_s = saved.real("wall_s");
  first_step_s = saved.real("first_step_s");
  last_finite_loss = saved.real("last_finite_loss");
  is_stopped_early = saved.integer("is_stopped_early") != 0;
  const auto time = saved.reals("epoch_time");
  epoch_time.set_data_wait_s(time.at(0));
  epoch_time.set_forward_s(time.at(1));
  epoch_time.set_backward_s(time.at(2));
  epoch_time.set_update_s(time.at(3));
  epoch_time.set_other_s(time.at(4));
  epoch_time.set_validation_s(time.at(5));
  epoch_time.set_checkpoint_s(time.at(6));
}

std::string epoch_summary(const std::vector<MetricInfo>& metrics, const MeasuredValues& train,
                          const MeasuredValues& validation) {
  std::ostringstream out;
  const auto show = [&](const char* split, const MeasuredValues& values) {
    out << split;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const MetricInfo& info = metrics[i];
      const bool is_part = info.name() != "loss" && info.name().ends_with("/loss");
      if (is_part || !values[i]) continue;
      const auto slash = info.name().find('/');
      out << "  " << (slash == std::string::npos ? info.name() : info.name().substr(slash + 1)) << ' ' << std::fixed
          << std::setprecision(4) << *values[i];
    }
  };
  show("train", train);
  if (!validation.empty()) show("  |  validation", validation);
  return out.str();
}

}  // namespace thaw
