#include "reports/show_trunk.h"

#include <map>
#include <nlohmann/json.hpp>

#include "reports/number_text.h"
#include "reports/terminal_text.h"

namespace thaw::reports {
namespace {

/// One set of samples of one stage, over all processes that worked on the run.
struct TrunkWork {
  TrunkReady last;
  std::int64_t computed = 0;
  double seconds = 0;
};

std::vector<TrunkWork> trunk_works(const RecordView& view) {
  std::map<std::pair<int, std::string>, TrunkWork> works;
  for (const TrunkReady& ready : view.record.trunks) {
    TrunkWork& work = works[{ready.stage(), ready.split()}];
    work.last = ready;
    work.computed += ready.computed();
    work.seconds += ready.seconds();
  }
  std::vector<TrunkWork> list;
  for (auto& [key, work] : works) list.push_back(std::move(work));
  return list;
}

bool is_kept(const TrunkWork& work) { return work.last.has_key(); }

std::string what_happened(const TrunkWork& work) {
  if (!is_kept(work)) return "runs in every epoch";
  const std::int64_t found = std::max<std::int64_t>(work.last.samples() - work.computed, 0);
  if (work.computed == 0) return "all were in the cache";
  const std::string text = count_text(work.computed) + " computed once, in " + seconds_text(work.seconds);
  return found > 0 ? text + "; " + count_text(found) + " were in the cache" : text;
}

std::string split_name(const TrunkWork& work) {
  return work.last.split() + (work.last.stage() > 0 ? ", stage " + std::to_string(work.last.stage()) : "");
}

}  // namespace

nlohmann::ordered_json trunk_list(const RecordView& view) {
  auto list = nlohmann::ordered_json::array();
  for (const TrunkWork& work : trunk_works(view)) {
    nlohmann::ordered_json object = {
        {"stage", work.last.stage()},         {"split", work.last.split()},
        {"samples", work.last.samples()},     {"computed", work.computed},
        {"bytes", work.last.bytes()},         {"seconds", work.seconds},
        {"precision", work.last.precision()}, {"flops_per_sample", work.last.flops_per_sample()},
        {"boundary", work.last.boundary()}};
    object["key"] = is_kept(work) ? nlohmann::ordered_json(work.last.key()) : nlohmann::ordered_json();
    list.push_back(std::move(object));
  }
  return list;
}

std::string trunk_text(const RecordView& view) {
  std::string text;
  for (const TrunkWork& work : trunk_works(view)) {
    add_line(text, "frozen trunk", split_name(work) + ": " + what_happened(work));
  }
  return text;
}

nlohmann::json trunk_section(const RecordView& view) {
  const std::vector<TrunkWork> works = trunk_works(view);
  if (works.empty()) return {};
  nlohmann::json rows = nlohmann::json::array();
  for (const TrunkWork& work : works) {
    rows.push_back({{"split", split_name(work)},
                    {"what", what_happened(work)},
                    {"bytes", is_kept(work) ? bytes_text(work.last.bytes()) : "–"},
                    {"boundary", work.last.boundary()},
                    {"key", work.last.key().substr(0, 12)}});
  }
  const TrunkReady& first = works.front().last;
  return {{"gflop", fixed_text(static_cast<double>(first.flops_per_sample()) / 1e9, 2)},
          {"nodes", count_text(first.nodes())},
          {"precision", first.precision()},
          {"rows", rows}};
}

}  // namespace thaw::reports
