#pragma once

#include <string>
#include <vector>

namespace thaw {

/// A command line taken apart.
struct Arguments {
  std::string verb;                      ///< "run"
  std::vector<std::string> operands;     ///< files, run folders, a field
  std::vector<std::string> overrides;    ///< --set, in order
  std::string data;                      ///< --data
  std::string runs = "runs";             ///< --runs
  std::string cache;                     ///< --cache
  double cache_limit_gb = 20;            ///< --cache-limit
  std::string device = "auto";           ///< --device
  std::string output;                    ///< -o
  std::string precision = "fp32";        ///< --precision
  std::vector<std::string> calibration;  ///< --calibrate, in order
  std::string weights;                   ///< --weights; empty: the best epoch's
  std::string export_to = "onnx";        ///< --to
  int jobs = -1;                         ///< --jobs; -1: as many as there are cores for
  // Of `thaw work`, which `thaw run` starts for the members of a sweep:
  std::vector<std::string> members;  ///< --member, in order
  std::vector<std::string> folders;  ///< --folder, in order
  std::string cores;                 ///< --cores
  long parent = 0;                   ///< --parent
  int until_epoch = 0;               ///< --until-epoch
  bool is_side_by_side = false;      ///< --side-by-side
  bool wants_json = false;
  bool wants_passes = false;   ///< --passes: summary dumps the graph after each pass
  bool wants_plan = false;     ///< --plan: summary lists the kernels
  bool wants_profile = false;  ///< --profile: run times the kernels
  bool wants_help = false;
};

/// Throws InputError saying what to type instead: unknown verb or option (with the nearest), a missing operand.
Arguments parse_arguments(const std::vector<std::string>& words);

/// What `thaw help` prints; with a verb, that verb's part.
std::string help_text(const std::string& verb);

}  // namespace thaw
