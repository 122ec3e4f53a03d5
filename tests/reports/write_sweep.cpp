#include <google/protobuf/stubs/logging.h>

#include <filesystem>
#include <fstream>

#include "tests/reports/example_parts.h"
#include "tests/reports/example_sweeps.h"
#include "tests/reports/hostile.h"

namespace thaw::test {
namespace {

namespace fs = std::filesystem;

std::string journal_bytes(const ExampleSweep& sweep) {
  SweepEvent start;
  if (!sweep.events.empty()) start.set_time_unix_ms(sweep.events.front().time_unix_ms());
  *start.mutable_started() = sweep.started;
  std::string bytes = framed(start.SerializeAsString());
  for (const SweepEvent& event : sweep.events) bytes += framed(event.SerializeAsString());
  return bytes;
}

void write_file(const fs::path& path, const std::string& bytes) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << bytes;
}

// A choice for each hostile string, two seeds done and one failed.
MemberInfo& add_hostile_member(ExampleSweep& sweep, int choice, std::uint64_t seed) {
  MemberInfo& member = *sweep.started.add_member();
  member.set_id(fake_hash("hostile" + std::to_string(sweep.started.member_size())).substr(0, 12));
  member.set_point(choice);
  member.set_seed(seed);
  member.set_folder("hostile/" + member.id());
  member.set_trainable_parameters(100 + choice);
  member.set_parameters(500);
  member.set_train_samples(100 * (1 + choice % 3));
  member.add_setting()->set_text(hostile_strings()[static_cast<std::size_t>(choice)].text);
  Setting* number = member.add_setting();
  number->set_number(choice);
  number->set_text(std::to_string(choice));
  return member;
}

}  // namespace

ExampleSweep hostile_sweep() {
  google::protobuf::SetLogHandler(nullptr);
  const auto& strings = hostile_strings();
  const ExampleSweep pattern = strategies_sweep();
  ExampleSweep sweep;
  sweep.name = "hostile_sweep";
  sweep.started = pattern.started;
  sweep.started.clear_member();
  // What is kept is what files are found by.
  std::size_t next = make_hostile(sweep.started, {"id", "metric", "field"}, 0);
  sweep.started.set_repeats(3);
  sweep.started.mutable_axis(0)->clear_choice();
  sweep.started.set_compare(sweep.started.axis(0).name());
  const int choices = static_cast<int>(strings.size());
  for (int choice = 0; choice < choices; ++choice) {
    sweep.started.mutable_axis(0)->add_choice(strings[static_cast<std::size_t>(choice)].text);
    sweep.started.add_excluded(strings[static_cast<std::size_t>(choice)].text);
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      const std::string id = add_hostile_member(sweep, choice, seed).id();
      SweepEvent& ended = sweep.events.emplace_back();
      ended.mutable_attempt_ended()->set_member(id);
      ended.mutable_attempt_ended()->set_end(seed < 3 ? AttemptEnded::DONE : AttemptEnded::FAILED);
      if (seed == 3) {
        ended.mutable_attempt_ended()->set_reason(strings[next++ % strings.size()].text);
        sweep.logs[id] = "first line\n" + strings[next++ % strings.size()].text + "\n";
        sweep.records.emplace_back();
        continue;
      }
      sweep.records.push_back(pattern.records[static_cast<std::size_t>(choice) * 2 + seed]);
      for (Event& event : sweep.records.back()) next = make_hostile(event, {"id", "name", "split"}, next);
      sweep.records.back()[0].mutable_started()->set_id(id);
    }
  }
  return sweep;
}

std::vector<ExampleSweep> example_sweeps() {
  return {strategies_sweep(), strategies_sweep(false), random_sweep(64),
          random_sweep(1000), halving_sweep(),         hostile_sweep()};
}

std::string write_sweep(const std::string& root, const ExampleSweep& sweep) {
  const fs::path name = fs::path(root) / sweep.name, folder = name / ("sweep-" + sweep.started.id());
  write_file(folder / "journal" / "1.binpb", journal_bytes(sweep));
  for (const auto& [id, log] : sweep.logs) write_file(folder / "logs" / (id + ".txt"), log);
  for (int i = 0; i < sweep.started.member_size(); ++i) {
    const auto& record = sweep.records[static_cast<std::size_t>(i)];
    if (record.empty()) continue;
    const fs::path run = name / sweep.started.member(i).id();
    write_file(run / "record.binpb", record_bytes(record));
    write_file(run / "report.html", "<!doctype html><title>a run</title>");
  }
  return folder.string();
}

}  // namespace thaw::test
