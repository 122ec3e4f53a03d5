#include "tests/reports/export/example_sweep.h"

#include <filesystem>
#include <fstream>

#include "schemas/sweep_record.pb.h"
#include "tests/reports/example_runs.h"
#include "tests/reports/recorded_sweep.h"

namespace thaw::test {
namespace {

constexpr const char* kConfig =
    "name: \"strategies\"\nseed: 1\ntrain {\n  epochs: 10\n  optimizer {\n    adam {\n      learning_rate: 0.001\n    "
    "}\n"
    "  }\n}\nmodel {\n  layer {\n    name: \"conv\"\n    conv2d {\n      filters: 16\n    }\n  }\n}\n";

SweepStarted start(const std::string& choice) {
  SweepStarted started;
  started.set_name("strategies");
  started.set_id("abcdef012345");
  started.set_description("Which strategy at which size?");
  started.set_config(kConfig);
  started.set_command("thaw run strategies.pbtxt");
  started.set_version("0.1.0");
  started.set_metric("classification/accuracy");
  started.set_metric_title("Accuracy");
  started.set_metric_is_max(true);
  started.set_metric_is_share(true);
  started.set_compare("strategy");
  started.set_repeats(2);
  AxisInfo* strategy = started.add_axis();
  strategy->set_name("strategy");
  for (const std::string& name : {std::string("frozen"), choice}) strategy->add_choice(name);
  AxisInfo* images = started.add_axis();
  images->set_name("images");
  images->set_field("data.train.take");
  images->set_is_whole(true);
  AxisInfo* same = started.add_axis();
  same->set_name("momentum");
  same->set_field("train.optimizer.sgd.momentum");
  return started;
}

void add_member(SweepStarted& started, int index, const std::string& choice) {
  MemberInfo* member = started.add_member();
  member->set_id("00000000000" + std::to_string(index));
  member->set_point(index / 2);
  member->set_seed(index % 2 + 1);
  member->add_setting()->set_text(index < 4 ? "frozen" : choice);
  Setting* images = member->add_setting();
  images->set_number(index / 2 % 2 == 0 ? 20 : 500);
  images->set_text(index / 2 % 2 == 0 ? "20" : "500");
  Setting* momentum = member->add_setting();
  momentum->set_number(0.9);
  momentum->set_text("0.9");
  member->set_folder("strategies/" + member->id());
}

std::vector<Event> run_of(const MemberInfo& member, int index) {
  const ExampleOptions options{.epochs = 3, .epochs_done = index == 0 ? 1 : 3, .seed = index + 1, .pictures = 0};
  std::vector<Event> events = index == 0 ? begun_run(options) : finished_run(options);
  if (index == 0) events.push_back(diverged_event(1000));
  Started* started = events[0].mutable_started();
  started->set_name("strategies");
  started->set_id(member.id());
  started->set_config(kConfig);
  for (std::size_t i = 0; i < events.size(); ++i) {
    events[i].set_time_unix_ms(kSweepBegun + index * 100'000 + static_cast<std::int64_t>(i) * 1000);
  }
  return events;
}

}  // namespace

std::string write_example_sweep(const std::string& runs_root, const std::string& choice) {
  SweepStarted started = start(choice);
  for (int index = 0; index < 8; ++index) {
    add_member(started, index, choice);
    const MemberInfo& member = started.member(index);
    if (index == 7) continue;
    const std::string folder = write_run(runs_root + "/" + member.folder(), run_of(member, index));
    std::ofstream(folder + "/report.html") << "<!doctype html>\n";
  }
  const std::string folder = runs_root + "/strategies/sweep-" + started.id();
  std::filesystem::create_directories(folder + "/journal");
  SweepEvent event;
  event.set_time_unix_ms(kSweepBegun - 5000);
  *event.mutable_started() = started;
  std::ofstream(folder + "/journal/host-1.binpb", std::ios::binary) << journal_bytes({event});
  std::ofstream(folder + "/members.csv") << "id,accuracy\n";
  return folder;
}

}  // namespace thaw::test
