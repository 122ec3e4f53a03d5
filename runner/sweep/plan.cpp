#include "runner/sweep/plan.h"

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <optional>
#include <utility>

#include "runner/progress.h"
#include "runner/store/sha256.h"
#include "runner/sweep/forecast.h"
#include "runner/sweep/member_findings.h"
#include "runner/train/preparation_cache.h"
#include "runner/train/run_facts.h"
#include "runner/train/side_by_side.h"
#include "runner/train/trainer.h"
#include "schemas/targets.h"

namespace thaw {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kIdDigits = 12;

/// Where members were run before, whichever sweep or experiment it was for.
class EarlierRuns {
 public:
  EarlierRuns(const std::string& runs_root, const std::string& name) : root_(runs_root), name_(name) {
    std::error_code ignored;
    for (const auto& experiment : fs::directory_iterator(root_, ignored)) {
      const std::string folder = experiment.path().filename().string();
      if (folder.starts_with(".")) continue;
      for (const auto& run : fs::directory_iterator(experiment.path(), ignored)) {
        const std::string id = run.path().filename().string();
        const bool is_id = id.size() == kIdDigits && id.find_first_not_of("0123456789abcdef") == std::string::npos;
        // This sweep's own first; of others the first by name, so that all processes choose the same.
        if (!is_id || (names_.count(id) > 0 && folder != name_ && (names_[id] == name_ || names_[id] < folder)))
          continue;
        if (fs::exists(run.path() / "record.binpb", ignored)) names_[id] = folder;
      }
    }
  }

  struct Found {
    std::string folder;  ///< "NAME/ID"
    RunStatus status;
  };
  /// Of other experiments only what has ended: this one goes on in folders of its own. A damaged record has not, and of
  /// this experiment it is that member's affair, when it is its turn.
  Found find(const std::string& id) const {
    const Found own{name_ + "/" + id, RunStatus::kNew};
    const auto known = names_.find(id);
    if (known == names_.end()) return own;
    try {
      const Found found{known->second + "/" + id, run_status(root_ + "/" + known->second + "/" + id)};
      const bool has_ended = found.status == RunStatus::kFinished || found.status == RunStatus::kDiverged;
      return has_ended || known->second == name_ ? found : own;
    } catch (const InputError&) {
      return own;
    }
  }

 private:
  std::string root_, name_;
  std::map<std::string, std::string> names_;  ///< of the experiment's folder, by id
};

/// Of many, so many are prepared before the next ones are: bounds the memory that they take meanwhile.
constexpr std::size_t kPreparedAtOnce = 256;

class SweepCheck {
 public:
  SweepCheck(const SweepMembers& sweep, const SweepContext& context)
      : sweep_(sweep),
        context_(context),
        places_{context.runs_root, context.data_folders, context.open_device, {}, &cache_},
        findings_(sweep),
        warnings_(sweep),
        members_(sweep.members.size()) {}

  CheckedSweep run() {
    early_warnings_ = check_members(sweep_);
    std::vector<std::pair<std::string, std::size_t>> points;  // by data, so that each set is opened once
    for (std::size_t i = 0; i < sweep_.points.size(); ++i) points.emplace_back(data_of(i), i);
    std::sort(points.begin(), points.end());
    for (std::size_t first = 0; first < points.size();) {
      std::size_t end = first;
      std::vector<std::size_t> alike;
      while (end < points.size() && end - first < kPreparedAtOnce && points[end].first == points[first].first) {
        alike.push_back(points[end++].second);
      }
      check_alike(alike);
      first = end;
    }
    progress_.reset();
    findings_.throw_if_any();
    return finish();
  }

 private:
  struct Member {
    std::string identity;  ///< of its run; not yet its id if an experiment has to be run first
    bool has_id = false;
    std::string group;
    std::int64_t train_samples = 0;
    int threads = 0;
    const MemberCost* cost = nullptr;
  };

  std::string data_of(std::size_t point) const {
    const Experiment config = sweep_.experiment({static_cast<int>(point), 0}).config;
    const Input& input = config.model().input();
    return sha256_hex(config.data().SerializeAsString() + input.SerializeAsString());
  }

  /// Points whose data is the same but for the seed.
  void check_alike(const std::vector<std::size_t>& points) {
    std::vector<std::optional<PreparedExperiment>> prepared(points.size());
    for (int repeat = 0; repeat < sweep_.repeats; ++repeat) {
      for (std::size_t i = 0; i < points.size(); ++i) {
        const std::size_t member =
            points[i] * static_cast<std::size_t>(sweep_.repeats) + static_cast<std::size_t>(repeat);
        progress_->samples("checking members", ++checked_, static_cast<std::int64_t>(members_.size()),
                           std::chrono::seconds(1));
        if (repeat == 0) {
          prepared[i] = check_first(member, points.size() > 1);
        } else if (prepared[i]) {
          check_repeat(member, *prepared[i]);
        }
      }
    }
  }

  /// Checks a combination with its first seed. None after findings.
  std::optional<PreparedExperiment> check_first(std::size_t member, bool has_company) {
    try {
      PreparedExperiment prepared = prepare(sweep_.experiment(sweep_.members[member]), context_.data_roots, places_);
      for (const RunFirst& first : prepared.run_first) add_run_first(first);
      // Alone it would have nobody to train with; who has the same data may still differ in all else.
      wants_groups_ = has_company && sweep_.sweep->config.sweep().side_by_side();
      fill(member, prepared);
      members_[member].cost = &costs_.of(prepared, device_of(prepared));
      prepared.weights.values.clear();
      prepared.train = prepared.validation = nullptr;
      return prepared;
    } catch (const InputError& error) {
      findings_.add(error.findings(), member, static_cast<std::size_t>(sweep_.repeats));
      return std::nullopt;
    }
  }

  void check_repeat(std::size_t member, const PreparedExperiment& like) {
    try {
      const PreparedExperiment prepared =
          prepare_again(like, sweep_.members[member].seed, context_.data_roots, &cache_);
      fill(member, prepared);
      members_[member].cost = members_[member - member % static_cast<std::size_t>(sweep_.repeats)].cost;
    } catch (const InputError& error) {
      findings_.add(error.findings(), member);
    }
  }

  void fill(std::size_t index, const PreparedExperiment& prepared) {
    Member& member = members_[index];
    const auto device = device_of(prepared);
    member.identity = run_id(prepared, *device).substr(0, kIdDigits);
    member.has_id = prepared.run_first.empty();
    member.train_samples = prepared.train->size();
    member.threads = device->threads();
    if (wants_groups_) member.group = group_key(prepared);
    std::vector<Diagnostic> warnings;
    for (const std::string& warning : prepared.warnings) warnings.push_back({"", 0, 0, "", warning, "", ""});
    if (!has_validation(prepared.loaded.config.data())) {
      warnings.push_back({"", 0, 0, "",
                          "there are no validation samples: members are compared by those that they learned from", "",
                          ""});
    }
    warnings_.add(warnings, index);
  }

  std::shared_ptr<Device> device_of(const PreparedExperiment& prepared) {
    const Experiment& config = prepared.loaded.config;
    auto& device = devices_[config.compute().threads()];
    if (!device) device = context_.open_device(config);
    return device;
  }

  void add_run_first(const RunFirst& first) {
    const bool is_known = std::any_of(run_first_.begin(), run_first_.end(),
                                      [&](const RunFirst& known) { return known.file == first.file; });
    if (!is_known) run_first_.push_back(first);
  }

  CheckedSweep finish() {
    CheckedSweep checked;
    checked.warnings = early_warnings_;
    for (const std::string& warning : warnings_.texts()) checked.warnings.push_back(warning);
    checked.run_first = run_first_;
    describe(checked.plan);
    const EarlierRuns earlier(context_.runs_root, sweep_.sweep->config.name());
    std::vector<const MemberCost*> costs;
    std::map<std::string, std::size_t> owners;
    for (std::size_t i = 0; i < members_.size(); ++i) {
      const auto [owner, is_new] = owners.insert({members_[i].identity, i});
      if (!is_new) {
        checked.warnings.push_back(full_words(owner->second) + " and " + full_words(i) +
                                   " come to the same run: it is done once, as the first of them");
        continue;
      }
      checked.status.push_back(add_member(i, earlier, checked.plan));
      costs.push_back(members_[i].cost);
    }
    if (run_first_.empty()) checked.plan.set_id(sweep_id(checked.plan));
    checked.forecast = forecast({checked.plan, checked.status, costs, context_.runs_root, context_.jobs});
    checked.plan.set_predicted_s(checked.forecast.wall_s);
    checked.plan.set_predicted_memory_bytes(checked.forecast.all_jobs_bytes);
    checked.plan.set_predicted_disk_bytes(checked.forecast.runs_bytes + checked.forecast.features_bytes);
    return checked;
  }

  std::string full_words(std::size_t member) const {
    const SweepMember& found = sweep_.members[member];
    return sweep_.words(found.point) + (sweep_.repeats > 1 ? ", seed " + std::to_string(found.seed) : "");
  }

  void describe(SweepStarted& plan) const {
    const Experiment& file = sweep_.sweep->config;
    plan.set_name(file.name());
    plan.set_description(file.description());
    plan.set_config(sweep_.sweep->resolved_text);
    plan.set_jobs(context_.jobs);
    for (const Member& member : members_) plan.set_threads(std::max(plan.threads(), member.threads));
    for (const AxisInfo& axis : sweep_.axes) *plan.add_axis() = axis;
    plan.set_metric(sweep_.metric);
    for (const MetricInfo& metric : members_.front().cost->metrics) {
      if (metric.name() != sweep_.metric) continue;
      plan.set_metric_title(metric.title());
      plan.set_metric_is_share(metric.is_share());
      plan.set_metric_is_max(metric.more_is_better());
    }
    const Monitor& best = file.train().best();
    const bool is_that_of_best = sweep_.metric == (best.has_metric() ? best.metric() : "loss");
    if (is_that_of_best && best.has_direction()) plan.set_metric_is_max(best.direction() == MAX);
    plan.set_compare(sweep_.compare);
    plan.set_repeats(sweep_.repeats);
    for (const int epochs : sweep_.rung_epochs) plan.add_rung_epochs(epochs);
    for (const int points : sweep_.rung_points) plan.add_rung_points(points);
    for (const std::string& words : sweep_.excluded) plan.add_excluded(words);
    for (const std::string& folder : file_folders(*sweep_.sweep)) plan.add_folder(folder);
  }

  RunStatus add_member(std::size_t index, const EarlierRuns& earlier, SweepStarted& plan) const {
    const SweepMember& member = sweep_.members[index];
    const Member& found = members_[index];
    MemberInfo& info = *plan.add_member();
    info.set_point(member.point);
    info.set_seed(member.seed);
    for (const Setting& setting : sweep_.points[static_cast<std::size_t>(member.point)]) *info.add_setting() = setting;
    if (!found.group.empty()) info.set_group(found.group);
    info.set_predicted_s(found.cost->run_s());
    info.set_predicted_memory_bytes(found.cost->memory_bytes);
    info.set_predicted_beside_bytes(found.cost->beside_bytes);
    info.set_parameters(found.cost->parameters);
    info.set_trainable_parameters(found.cost->trainable_parameters);
    info.set_train_samples(found.train_samples);
    if (!found.has_id) return RunStatus::kNew;
    info.set_id(found.identity);
    const EarlierRuns::Found run = earlier.find(found.identity);
    info.set_folder(run.folder);
    return run.status;
  }

  /// The members, in order, and whatever changes what is done with them or how they are called.
  static std::string sweep_id(const SweepStarted& plan) {
    Sha256 hash;
    for (const AxisInfo& axis : plan.axis()) hash.add_sized(axis.name());
    for (const MemberInfo& member : plan.member()) {
      hash.add_sized(member.id());
      for (const Setting& setting : member.setting()) hash.add_sized(setting.text());
    }
    hash.add_sized(plan.metric());
    hash.add_sized(plan.compare());
    for (const int epochs : plan.rung_epochs()) hash.add_integer(epochs);
    for (const int points : plan.rung_points()) hash.add_integer(points);
    return hash.hex().substr(0, kIdDigits);
  }

  const SweepMembers& sweep_;
  const SweepContext& context_;
  PreparationCache cache_;
  const PretrainingPlaces places_;
  std::vector<std::string> early_warnings_;  ///< before data and networks were looked at
  MemberFindings findings_, warnings_;
  std::vector<Member> members_;
  MemberCosts costs_;
  std::map<int, std::shared_ptr<Device>> devices_;  ///< by the threads that are asked for
  std::vector<RunFirst> run_first_;
  std::optional<Progress> progress_{std::in_place};
  std::int64_t checked_ = 0;
  bool wants_groups_ = false;
};

}  // namespace

CheckedSweep check_sweep(const SweepMembers& members, const SweepContext& context) {
  return SweepCheck(members, context).run();
}

}  // namespace thaw
