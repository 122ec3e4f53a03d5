// The command line: each verb in a few lines. The only place that knows both the runner and the reports.
#include <filesystem>
#include <iostream>
#include <optional>

#include "reports/export/mlflow.h"
#include "reports/export/tensorboard.h"
#include "reports/pages.h"
#include "reports/sweep_export.h"
#include "reports/sweep_page/sweep_page.h"
#include "runner/arguments.h"
#include "runner/export/export_folder.h"
#include "runner/export/export_run.h"
#include "runner/infer/infer.h"
#include "runner/store/durable_file.h"
#include "runner/summary.h"
#include "runner/sweep/coordinator.h"
#include "runner/sweep/core_shares.h"
#include "runner/sweep/members.h"
#include "runner/sweep/plan.h"
#include "runner/sweep/worker.h"
#include "runner/sweep_summary.h"
#include "runner/train/run_facts.h"
#include "runner/zoo_listing.h"
#include "schemas/explain.h"
#include "schemas/sweep_journal.h"

namespace thaw {
namespace {

/// Where relative paths are looked for before the experiment's own folder: --data, then $THAW_DATA.
std::vector<std::string> data_folders(const Arguments& arguments) {
  std::vector<std::string> folders;
  if (!arguments.data.empty()) folders.push_back(arguments.data);
  if (const char* folder = std::getenv("THAW_DATA"); folder && *folder) folders.emplace_back(folder);
  return folders;
}

DataRoots data_roots(const Arguments& arguments, const LoadedExperiment& loaded) {
  DataRoots roots;
  roots.folders = data_folders(arguments);
  roots.folders.push_back(loaded.folder);
  return roots;
}

std::shared_ptr<Device> open_device(const Arguments& arguments, const Experiment& config) {
  if (arguments.device == "cuda") throw InputError("--device cuda: this build has no CUDA kernels; use --device cpu");
  return make_cpu_device(config.compute().threads());
}

PreparedExperiment prepare_loaded(const Arguments& arguments, LoadedExperiment loaded) {
  const DataRoots roots = data_roots(arguments, loaded);
  const auto device_of = [&](const Experiment& config) { return open_device(arguments, config); };
  PreparedExperiment prepared =
      prepare(std::move(loaded), roots, {arguments.runs, data_folders(arguments), device_of, {}});
  for (const std::string& warning : prepared.warnings) std::cerr << "warning: " << warning << '\n';
  return prepared;
}

PreparedExperiment prepare_file(const Arguments& arguments) {
  return prepare_loaded(arguments, load_experiment(arguments.operands[0], arguments.overrides));
}

/// A word as a shell takes it.
std::string quoted(const std::string& word) {
  const bool is_plain = !word.empty() && word.find_first_not_of(
                                             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                             "0123456789_-./=,:+@%[]") == std::string::npos;
  if (is_plain) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

std::string command_line(const Arguments& arguments) {
  std::string line = "thaw run " + quoted(arguments.operands[0]);
  for (const std::string& override_text : arguments.overrides) line += " --set " + quoted(override_text);
  if (!arguments.data.empty()) line += " --data " + quoted(arguments.data);
  if (arguments.wants_profile) line += " --profile";
  if (!arguments.cache.empty()) line += " --cache " + quoted(arguments.cache);
  if (arguments.cache_limit_gb != Arguments{}.cache_limit_gb) {
    line += " --cache-limit " + short_text(arguments.cache_limit_gb);
  }
  if (arguments.runs != "runs") line += " --runs " + quoted(arguments.runs);
  if (arguments.jobs > 0) line += " --jobs " + std::to_string(arguments.jobs);
  return line;
}

void write_report(const std::string& folder) { write_file_durably(folder + "/report.html", render_report(folder)); }

RunOptions run_options(const Arguments& arguments) {
  RunOptions options;
  options.runs_root = arguments.runs;
  options.cache_folder = arguments.cache;
  options.cache_limit_bytes = static_cast<std::int64_t>(arguments.cache_limit_gb * 1e9);
  options.write_report = write_report;
  return options;
}

RunOutcome run_prepared(PreparedExperiment prepared, const Arguments& arguments, bool waits_for_others) {
  RunOptions options = run_options(arguments);
  options.command = command_line(arguments);
  options.wants_profile = arguments.wants_profile;
  options.waits_for_others = waits_for_others;
  std::shared_ptr<Device> device = open_device(arguments, prepared.loaded.config);
  RunOutcome outcome = run_experiment(std::move(prepared), std::move(device), options);
  std::cerr << outcome.message << '\n';
  return outcome;
}

/// Runs the experiments whose weights are needed, as `thaw run` would by itself. How the first one ended that is not
/// done; kDone: all are.
RunEnd run_first(const std::vector<RunFirst>& experiments, const Arguments& arguments) {
  for (const RunFirst& first : experiments) {
    std::cerr << "== first " << first.file << ", whose weights are needed (it " << first.reason << ")\n";
    Arguments own = arguments;
    own.operands = {first.file};
    own.overrides.clear();
    own.wants_profile = false;
    own.jobs = Arguments{}.jobs;
    const RunOutcome outcome = run_prepared(prepare_file(own), own, true);
    if (outcome.end != RunEnd::kDone) {
      std::cerr << arguments.operands[0] << ": not begun: it needs the weights of " << first.file << '\n';
      return outcome.end;
    }
    std::cerr << "run: " << outcome.folder << '\n';
  }
  return RunEnd::kDone;
}

CheckedSweep check_members(const SweepMembers& members, const SweepContext& context) {
  CheckedSweep checked = check_sweep(members, context);
  for (const std::string& warning : checked.warnings) std::cerr << "warning: " << warning << '\n';
  return checked;
}

/// What a process that trains members is started with, but for these.
std::vector<std::string> worker_command(const Arguments& arguments, const std::string& sweep_folder,
                                        const SweepStarted& plan) {
  // Not the program's path, where a newer one may lie by then: this very one.
  std::vector<std::string> words = {"/proc/self/exe", "work", sweep_folder, "--runs", arguments.runs};
  if (!arguments.data.empty()) words.insert(words.end(), {"--data", arguments.data});
  if (!arguments.cache.empty()) words.insert(words.end(), {"--cache", arguments.cache});
  words.insert(words.end(), {"--cache-limit", std::to_string(arguments.cache_limit_gb), "--device", arguments.device});
  for (const std::string& folder : plan.folder()) words.insert(words.end(), {"--folder", folder});
  return words;
}

void write_sweep_report(const std::string& folder) {
  const reports::SweepView view = reports::load_sweep(folder);
  const reports::SweepAnswer answer = reports::answer_sweep(view);
  write_shared_file_durably(folder + "/members.csv", reports::sweep_csv(view));
  write_shared_file_durably(folder + "/members.json", reports::sweep_json(view, answer));
  const std::string recommended = reports::sweep_recommended(view, answer);
  if (!recommended.empty()) write_shared_file_durably(folder + "/recommended.pbtxt", recommended);
  // The last one: it links to what is there.
  write_shared_file_durably(folder + "/report.html", reports::render_sweep_page(view, answer));
}

SweepContext sweep_context(const Arguments& arguments, const LoadedExperiment& loaded) {
  SweepContext context{arguments.runs, data_roots(arguments, loaded), data_folders(arguments), {}, arguments.jobs};
  context.open_device = [&](const Experiment& config) { return open_device(arguments, config); };
  if (context.jobs < 1) context.jobs = default_jobs(context.open_device(loaded.config)->threads());
  return context;
}

/// What was prepared, once the experiments are done whose weights it needs: they are run, and it is prepared again.
/// None if one of them did not get done: `end` says how it ended.
template <class Prepared, class PrepareAgain>
std::optional<Prepared> after_run_first(Prepared prepared, const Arguments& arguments, PrepareAgain prepare_again,
                                        RunEnd& end) {
  if (prepared.run_first.empty()) return prepared;
  const std::vector<RunFirst> experiments = prepared.run_first;
  prepared = {};  // its data need not lie in memory meanwhile
  end = run_first(experiments, arguments);
  if (end != RunEnd::kDone) return std::nullopt;
  std::cerr << "== " << arguments.operands[0] << '\n';
  prepared = prepare_again();
  if (prepared.run_first.empty()) return prepared;
  throw InputError(prepared.run_first[0].file + ": its run is not there any more; was its folder removed?");
}

int run_sweep_file(const Arguments& arguments, const LoadedExperiment& loaded) {
  if (arguments.wants_profile) {
    throw InputError("run: --profile times the kernels of one experiment, and " + loaded.file + " has a sweep");
  }
  const SweepMembers members = expand_sweep(loaded);
  const SweepContext context = sweep_context(arguments, loaded);
  const auto check_again = [&] { return check_members(members, context); };
  RunEnd first_end = RunEnd::kDone;
  auto ready = after_run_first(check_again(), arguments, check_again, first_end);
  if (!ready) return exit_code(first_end);
  CheckedSweep& checked = *ready;
  SweepOptions options;
  options.runs_root = arguments.runs;
  options.folder = arguments.runs + "/" + checked.plan.name() + "/sweep-" + checked.plan.id();
  options.worker_command = worker_command(arguments, options.folder, checked.plan);
  options.jobs = context.jobs;
  options.threads = checked.plan.threads();
  options.retries = loaded.config.sweep().retries();
  options.write_report = write_sweep_report;
  checked.plan.set_command(command_line(arguments));
  checked.plan.set_version(kVersion);
  const SweepEnd end = run_sweep(std::move(checked.plan), options);
  std::cout << "report: " << options.folder << "/report.html\nrun: " << options.folder << std::endl;
  return static_cast<int>(end);
}

/// Trains members of a sweep, for the process that runs it.
int work_on_sweep(const Arguments& arguments) {
  WorkerTask task;
  task.sweep_folder = arguments.operands[0];
  for (const std::string& member : arguments.members) task.members.push_back(parse_member(member));
  task.is_side_by_side = arguments.is_side_by_side;
  task.data_folders = data_folders(arguments);
  task.file_folders = arguments.folders;
  task.processors = arguments.cores;
  task.parent = arguments.parent;
  RunOptions options = run_options(arguments);
  options.until_epoch = arguments.until_epoch;
  options.command_of = [&](const std::string& run_folder) {
    Arguments alone = arguments;
    alone.operands = {run_folder + "/experiment.pbtxt"};
    if (alone.data.empty() && !alone.folders.empty()) alone.data = alone.folders[0];
    return command_line(alone);
  };
  return work(task, options);
}

void refuse_jobs(const Arguments& arguments, const LoadedExperiment& loaded) {
  if (arguments.jobs <= 0) return;
  throw InputError(arguments.verb + ": --jobs is for sweeps, and " + loaded.file + " has none");
}

int run(const Arguments& arguments) {
  LoadedExperiment loaded = load_experiment(arguments.operands[0], arguments.overrides);
  if (is_sweep(loaded.config)) return run_sweep_file(arguments, loaded);
  refuse_jobs(arguments, loaded);
  const auto prepare_again = [&] { return prepare_file(arguments); };
  RunEnd first_end = RunEnd::kDone;
  auto prepared = after_run_first(prepare_loaded(arguments, std::move(loaded)), arguments, prepare_again, first_end);
  if (!prepared) return exit_code(first_end);
  const RunOutcome outcome = run_prepared(std::move(*prepared), arguments, false);
  std::cout << "report: " << outcome.folder << "/report.html\nrun: " << outcome.folder << std::endl;
  return exit_code(outcome.end);
}

/// What a sweep comes to, for people or for programs.
std::string describe_sweep(const Arguments& arguments, const LoadedExperiment& loaded) {
  if (arguments.wants_passes || arguments.wants_plan) {
    throw InputError("summary: --passes and --plan show one experiment, and " + loaded.file + " has a sweep");
  }
  const SweepMembers members = expand_sweep(loaded);
  const CheckedSweep checked = check_members(members, sweep_context(arguments, loaded));
  return arguments.wants_json ? sweep_json(members, checked) : summarize_sweep(members, checked);
}

int check(const Arguments& arguments) {
  LoadedExperiment loaded = load_experiment(arguments.operands[0], arguments.overrides);
  if (is_sweep(loaded.config)) {
    std::cout << describe_sweep(arguments, loaded);
  } else {
    refuse_jobs(arguments, loaded);
    PreparedExperiment prepared = prepare_loaded(arguments, std::move(loaded));
    std::shared_ptr<Device> device = open_device(arguments, prepared.loaded.config);
    std::cout << summarize(std::move(prepared), std::move(device), {.wants_weights = true});
  }
  std::cout << arguments.operands[0] << ": no mistakes found\n";
  return 0;
}

int summary(const Arguments& arguments) {
  LoadedExperiment loaded = load_experiment(arguments.operands[0], arguments.overrides);
  if (is_sweep(loaded.config)) {
    std::cout << describe_sweep(arguments, loaded);
    return 0;
  }
  refuse_jobs(arguments, loaded);
  PreparedExperiment prepared = prepare_loaded(arguments, std::move(loaded));
  std::shared_ptr<Device> device = open_device(arguments, prepared.loaded.config);
  const SummaryOptions options{
      .wants_json = arguments.wants_json, .wants_passes = arguments.wants_passes, .wants_plan = arguments.wants_plan};
  std::cout << summarize(std::move(prepared), std::move(device), options);
  return 0;
}

int show(const Arguments& arguments) {
  const std::string& folder = arguments.operands[0];
  if (is_sweep_folder(folder)) {
    std::cout << (arguments.wants_json ? render_sweep_json(folder) : render_sweep_text(folder));
  } else {
    std::cout << (arguments.wants_json ? render_show_json(folder) : render_show_text(folder));
  }
  return 0;
}

std::string render_page(const std::vector<std::string>& folders, const std::string& output) {
  if (folders.size() > 1) return render_comparison(folders);
  if (!is_sweep_folder(folders[0])) return render_report(folders[0]);
  const std::string page_folder = std::filesystem::path(output).parent_path().string();
  return render_sweep_report(folders[0], page_folder.empty() ? "." : page_folder);
}

int report(const Arguments& arguments) {
  write_file_durably(arguments.output, render_page(arguments.operands, arguments.output));
  std::cout << "report: " << arguments.output << '\n';
  return 0;
}

int infer_model(const Arguments& arguments) {
  const auto& words = arguments.operands;
  const auto precision = arguments.precision == "int8"   ? Precision::kInt8
                         : arguments.precision == "bf16" ? Precision::kBFloat16
                                                         : Precision::kFloat32;
  const InferRequest request{
      words[0], {words.begin() + 1, words.end()}, arguments.output, precision, arguments.calibration};
  std::cout << infer_files(request, make_cpu_device(0));
  return 0;
}

int export_model(const Arguments& arguments) {
  if (is_sweep_folder(arguments.operands[0])) {
    throw InputError(arguments.operands[0] +
                     ": a sweep has no network of its own: export the run of one of its members, or what they measured "
                     "with --to tensorboard or --to mlflow");
  }
  std::cout << export_run(
      {arguments.operands[0], arguments.output, arguments.weights == "last", data_folders(arguments)});
  return 0;
}

/// What was measured, for others' tools.
int export_measurements(const Arguments& arguments) {
  const reports::ExportSubject subject = reports::load_export_subject(arguments.operands[0]);
  ExportFolder folder(arguments.output);
  const auto write = [&folder](const std::string& path, const std::string& bytes) { folder.write(path, bytes); };
  std::string notes, look;
  if (arguments.export_to == "tensorboard") {
    write_tensorboard(subject, write);
    look = "tensorboard --logdir " + quoted(arguments.output);
  } else {
    notes = write_mlflow(subject, folder.path(), write);
    look = "MLFLOW_ALLOW_FILE_STORE=true mlflow ui --backend-store-uri " + quoted(arguments.output);
  }
  std::cout << arguments.export_to << ": " << arguments.output << "\n  " << describe(subject) << "\n";
  if (!notes.empty()) std::cout << "  " << notes;
  std::cout << "  look: " << look << '\n';
  return 0;
}

int dispatch(const Arguments& arguments) {
  const std::string first = arguments.operands.empty() ? "" : arguments.operands[0];
  if (arguments.wants_help) {
    std::cout << help_text(arguments.verb);
  } else if (arguments.verb == "help") {
    std::cout << help_text(first);
  } else if (arguments.verb == "version") {
    std::cout << "thaw " << kVersion << '\n';
  } else if (arguments.verb == "explain") {
    std::cout << explain(first);
  } else if (arguments.verb == "zoo") {
    std::cout << (first.empty() ? list_zoo(arguments.wants_json) : list_network(first, arguments.wants_json));
  } else if (arguments.verb == "check") {
    return check(arguments);
  } else if (arguments.verb == "run") {
    return run(arguments);
  } else if (arguments.verb == "work") {
    return work_on_sweep(arguments);
  } else if (arguments.verb == "summary") {
    return summary(arguments);
  } else if (arguments.verb == "export") {
    return arguments.export_to == "onnx" ? export_model(arguments) : export_measurements(arguments);
  } else if (arguments.verb == "infer") {
    return infer_model(arguments);
  } else if (arguments.verb == "show") {
    return show(arguments);
  } else {
    return report(arguments);
  }
  return 0;
}

}  // namespace
}  // namespace thaw

int main(int argc, char** argv) {
  try {
    return thaw::dispatch(thaw::parse_arguments({argv + 1, argv + argc}));
  } catch (const thaw::InputError& error) {
    std::cerr << error.what() << '\n';
    return 2;
  } catch (const std::exception& error) {
    std::cerr << "thaw: " << error.what() << '\n';
    return 1;
  }
}
