#include "tests/reports/page_sweeps.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "reports/pages.h"
#include "tests/reports/hostile.h"

namespace thaw::test {
namespace {

std::string number_text(double value) {
  std::string text = std::to_string(value);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

const std::string& hostile(std::size_t i) { return hostile_strings()[i % hostile_strings().size()].text; }

RecordedSweep renamed(RecordedSweep sweep, const std::string& name) {
  sweep.started.set_name(name);
  return sweep;
}

}  // namespace

RecordedSweep random_sweep(int members) {
  RecordedSweep sweep = empty_sweep("random-" + std::to_string(members), 1);
  sweep.epochs = 20;
  add_numbers(sweep, "train.optimizer.adam.learning_rate", true);
  add_numbers(sweep, "model.layer[hidden].dense.units", false);
  add_numbers(sweep, "model.layer[dropout].dropout.rate", false);
  add_choices(sweep, "optimizer", {"adam", "sgd", "rmsprop"});
  for (int point = 0; point < members; ++point) {
    const auto share = [point](std::uint64_t axis) {
      return steady_noise(40 + axis, static_cast<std::uint64_t>(point));
    };
    const double exponent = -4.5 + 3.5 * share(0), dropout = std::round(500 * share(2)) / 1000;
    const int units = 16 * (1 + static_cast<int>(16 * share(1))), optimizer = static_cast<int>(3 * share(3));
    RecordedMember& member =
        add_member(sweep, point, 1,
                   {number_text(std::round(1e6 * std::pow(10, exponent)) / 1e6), std::to_string(units),
                    number_text(dropout), std::array{"adam", "sgd", "rmsprop"}[static_cast<std::size_t>(optimizer)]});
    const double value =
        0.92 - 0.09 * std::pow(exponent + 2.6, 2) - 0.04 * optimizer - 0.05 * dropout + 0.02 * share(4);
    member.value = std::round(2000 * std::clamp(value, 0.1, 1.0)) / 2000;
    member.info.set_trainable_parameters(74L * units + 10);
    member.info.set_parameters(74L * units + 20010);
    member.info.set_predicted_s(1.05 + units / 100.0);
    member.seconds = 0.8 + units / 100.0 + 0.3 * share(5);
  }
  return sweep;
}

RecordedSweep sweep_of_hostile_strings() {
  RecordedSweep sweep = empty_sweep("hostile", 3);
  SweepStarted& started = sweep.started;
  std::size_t next = 0;
  started.set_description(hostile(next++));
  started.set_command(hostile(next++));
  started.set_version(hostile(next++));
  started.set_host(hostile(next++));
  started.set_config(hostile(next++));
  started.set_metric_title(hostile(next++));
  std::vector<std::string> names;
  for (const HostileString& string : hostile_strings()) {
    names.push_back(string.text);
    started.add_excluded(string.text);
  }
  add_choices(sweep, hostile(next++), names);
  add_numbers(sweep, hostile(next++), false);
  for (std::size_t choice = 0; choice < names.size(); ++choice) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      RecordedMember& member =
          add_member(sweep, static_cast<int>(choice), seed, {names[choice], std::to_string(choice % 3)});
      member.value = 0.5 + 0.4 * steady_noise(choice, seed);
      member.strategy = hostile(next++);
      member.config = "name: \"" + hostile(next) + "\"\ndescription: \"" + hostile(next + 1) + "\"\n";
      next += 2;
      member.info.set_train_samples(100 * (1 + static_cast<std::int64_t>(choice) % 4));
      if (seed < 3) continue;
      member.end = MemberEnd::kFailed;
      member.failures = 1;
      member.reason = hostile(choice + 7);
    }
  }
  return sweep;
}

void write_hostile_logs(const std::string& sweep_folder, const RecordedSweep& sweep) {
  std::filesystem::create_directories(sweep_folder + "/logs");
  std::size_t next = 3;
  for (const RecordedMember& member : sweep.members) {
    if (member.end != MemberEnd::kFailed) continue;
    std::ofstream(sweep_folder + "/logs/" + member.info.id() + ".txt", std::ios::binary)
        << "thaw 0.5.0\nepoch 3 of 10\repoch 4 of 10\n"
        << hostile(next++) << "\n\n";
  }
}

std::vector<NamedPage> sweep_pages(const std::string& runs_root) {
  std::vector<NamedPage> pages;
  const auto add = [&](const std::string& name, const RecordedSweep& sweep) {
    const std::string folder = write_sweep(runs_root, sweep);
    if (name == "hostile") write_hostile_logs(folder, sweep);
    pages.push_back({name, render_sweep_report(folder)});
  };
  for (const NamedSweep& named : recorded_sweeps()) add(named.name, renamed(named.sweep, "sweep-" + named.name));
  add("random-64", random_sweep(64));
  add("random-1000", random_sweep(1000));
  add("hostile", sweep_of_hostile_strings());
  return pages;
}

}  // namespace thaw::test
