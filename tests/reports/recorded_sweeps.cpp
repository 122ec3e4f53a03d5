#include <algorithm>
#include <array>
#include <cmath>

#include "tests/reports/recorded_sweep.h"

namespace thaw::test {
namespace {

struct Strategy {
  const char* choice;
  const char* name;  // in the experiment
  std::array<double, 4> accuracy;
  double seconds;
  std::int64_t trained;
};

constexpr std::array<Strategy, 4> kStrategies = {{
    {"frozen", "feature_extraction", {0.738, 0.807, 0.829, 0.833}, 0.5, 650},
    {"fine-tune", "fine_tune", {0.589, 0.767, 0.845, 0.861}, 6.2, 272474},
    {"gradual", "gradual_unfreezing", {0.713, 0.794, 0.835, 0.846}, 4.1, 272474},
    {"from scratch", "from_scratch", {0.199, 0.266, 0.370, 0.448}, 6.0, 272474},
}};
constexpr std::array<int, 4> kImages = {20, 100, 500, 2000};

// Few images make results vary more, and a seed draws the same images for all strategies.
double accuracy(std::size_t strategy, std::size_t size, int seed) {
  const double spread = 0.06 / (1 + static_cast<double>(size));
  const double shared = steady_noise(100 + size, seed) - 0.5, own = steady_noise(4 * size + strategy, seed) - 0.5;
  const double value = kStrategies[strategy].accuracy[size] + spread * (shared + 0.4 * own);
  return std::round(value * 1000) / 1000;  // of 1,000 pictures
}

// The places where the sequence of Halton puts the i-th of many.
double halton(int i, int base) {
  double place = 0, part = 1;
  for (; i > 0; i /= base) {
    part /= base;
    place += part * (i % base);
  }
  return place;
}

std::string rate_text(double place) {
  std::string text = std::to_string(std::round(1e6 * std::pow(10, -4 + 3 * place)) / 1e6);
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

double rate_quality(const std::string& rate) {
  const double distance = std::log10(std::stod(rate)) + 2.3;
  return 0.95 - 0.08 * distance * distance;
}

RecordedSweep searched_sweep(const std::string& name, int points) {
  RecordedSweep sweep = empty_sweep(name, 1);
  add_numbers(sweep, "train.optimizer.adam.learning_rate", true);
  add_numbers(sweep, "model.layer[hidden].dense.units", false);
  sweep.started.mutable_axis(1)->set_is_whole(true);
  add_choices(sweep, "activation", {"relu", "gelu"});
  for (int point = 0; point < points; ++point) {
    const std::string rate = rate_text(halton(point + 1, 2));
    const int units = 16 + static_cast<int>(240 * halton(point + 1, 3));
    const std::string activation = halton(point + 1, 5) < 0.5 ? "relu" : "gelu";
    RecordedMember& member = add_member(sweep, point, 1, {rate, std::to_string(units), activation});
    member.value = std::round(1000 * (rate_quality(rate) + 0.0001 * units + 0.01 * steady_noise(7, point))) / 1000;
    member.info.set_trainable_parameters(65 * units);
    member.info.set_parameters(65 * units + 20000);
    member.seconds = 4 + units / 100.0;
  }
  return sweep;
}

RungDecided decide(const RecordedSweep& sweep, int rung, int promoted, std::vector<int> points) {
  std::sort(points.begin(), points.end(),
            [&](int a, int b) { return sweep.members[a].value > sweep.members[b].value; });
  RungDecided decision;
  decision.set_rung(rung);
  decision.set_promoted(promoted);
  for (const int point : points) {
    decision.add_point(point);
    decision.add_value(sweep.members[point].value - 0.05 * (2 - rung));
  }
  return decision;
}

std::vector<int> promoted_by(const RungDecided& decision) {
  return {decision.point().begin(), decision.point().begin() + decision.promoted()};
}

}  // namespace

RecordedSweep strategies_sweep(int repeats) {
  RecordedSweep sweep = empty_sweep("strategies", repeats);
  std::vector<std::string> names, sizes;
  for (const Strategy& strategy : kStrategies) names.emplace_back(strategy.choice);
  for (const int images : kImages) sizes.push_back(std::to_string(images));
  add_choices(sweep, "strategy", names);
  add_choices(sweep, "images", sizes);
  int point = 0;
  for (std::size_t s = 0; s < kStrategies.size(); ++s) {
    for (std::size_t size = 0; size < kImages.size(); ++size, ++point) {
      for (int seed = 1; seed <= repeats; ++seed) {
        RecordedMember& member = add_member(sweep, point, seed, {names[s], sizes[size]});
        member.value = accuracy(s, size, seed);
        member.strategy = kStrategies[s].name;
        member.info.set_trainable_parameters(kStrategies[s].trained);
        member.info.set_parameters(272474);
        member.info.set_train_samples(kImages[size]);
        member.seconds = kStrategies[s].seconds * (1 + 0.05 * steady_noise(9, point));
        if (s != 0) continue;
        member.trunk_key = "trunk-" + sizes[size] + "-" + std::to_string(seed);
        member.trunk_seconds = 0.2 + 0.0005 * kImages[size];
        member.seconds += member.trunk_seconds;
      }
    }
  }
  return sweep;
}

RecordedSweep troubled_sweep() {
  RecordedSweep sweep = strategies_sweep();
  sweep.started.set_name("troubled");
  sweep.is_finished = false;
  auto& members = sweep.members;
  members[3].end = MemberEnd::kFailed;
  members[3].failures = 2;
  members[3].epochs_done = 4;
  members[3].reason = "killed by SIGKILL\nprobably out of memory";
  members[25].end = MemberEnd::kDiverged;
  members[25].epochs_done = 2;
  members[47].end = MemberEnd::kRunning;
  members[47].epochs_done = 6;
  members[52].end = MemberEnd::kStopped;
  members[52].epochs_done = 3;
  for (std::size_t i = 70; i < members.size(); ++i) members[i].end = MemberEnd::kNotBegun;
  return sweep;
}

RecordedSweep numeric_sweep() { return searched_sweep("numbers", 24); }

RecordedSweep halving_sweep() {
  RecordedSweep sweep = searched_sweep("halving", 18);
  sweep.epochs = 9;
  for (const int epochs : {1, 3, 9}) sweep.started.add_rung_epochs(epochs);
  for (const int points : {18, 6, 2}) sweep.started.add_rung_points(points);
  std::vector<int> points(18);
  for (int i = 0; i < 18; ++i) points[i] = i;
  sweep.decisions.push_back(decide(sweep, 0, 6, points));
  sweep.decisions.push_back(decide(sweep, 1, 2, promoted_by(sweep.decisions[0])));
  for (RecordedMember& member : sweep.members) {
    member.end = MemberEnd::kPaused;
    member.epochs_done = 1;
  }
  for (const int point : promoted_by(sweep.decisions[0])) sweep.members[point].epochs_done = 3;
  for (const int point : promoted_by(sweep.decisions[1])) {
    sweep.members[point].end = MemberEnd::kDone;
    sweep.members[point].epochs_done = 9;
  }
  return sweep;
}

RecordedSweep loss_sweep() {
  RecordedSweep sweep = empty_sweep("losses", 6);
  sweep.started.set_metric("loss");
  sweep.started.set_metric_title("Loss");
  sweep.started.set_metric_is_max(false);
  sweep.started.set_metric_is_share(false);
  add_choices(sweep, "optimizer", {"sgd", "adam"});
  for (int point = 0; point < 2; ++point) {
    for (int seed = 1; seed <= 6; ++seed) {
      RecordedMember& member = add_member(sweep, point, seed, {point == 0 ? "sgd" : "adam"});
      member.value = 0.31 - 0.04 * point + 0.02 * steady_noise(3, seed) + 0.01 * steady_noise(point, seed);
    }
  }
  return sweep;
}

RecordedSweep hostile_sweep(const std::string& text) {
  RecordedSweep sweep = empty_sweep(text, 2);
  sweep.started.set_description(text);
  sweep.started.set_command(text);
  sweep.started.set_version(text);
  sweep.started.set_metric(text + "/accuracy");
  sweep.started.set_metric_title(text);
  sweep.started.add_excluded(text);
  add_choices(sweep, text, {text, text + "2"});
  add_numbers(sweep, text + ".rate", false);
  for (int point = 0; point < 4; ++point) {
    for (int seed = 1; seed <= 2; ++seed) {
      RecordedMember& member =
          add_member(sweep, point, seed, {point < 2 ? text : text + "2", point % 2 == 0 ? "1" : "2"});
      member.value = 0.5 + 0.1 * steady_noise(point, seed);
      member.strategy = text;
      member.config =
          "name: \"" + text + "\"\nseed: " + std::to_string(seed) + "\n" + text + ": " + std::to_string(point) + "\n";
    }
  }
  sweep.members.back().end = MemberEnd::kFailed;
  sweep.members.back().reason = text;
  return sweep;
}

std::vector<NamedSweep> recorded_sweeps() {
  return {{"strategies", strategies_sweep()},
          {"one-seed", strategies_sweep(1)},
          {"three-seeds", strategies_sweep(3)},
          {"troubled", troubled_sweep()},
          {"numbers", numeric_sweep()},
          {"halving", halving_sweep()},
          {"losses", loss_sweep()}};
}

}  // namespace thaw::test
