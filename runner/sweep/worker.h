#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runner/train/trainer.h"

namespace thaw {

/// What a process trains of a sweep, as its coordinator says.
struct WorkerTask {
  struct Member {
    std::string id;
    int point = 0;
    std::uint64_t seed = 0;
  };
  std::string sweep_folder;
  std::vector<Member> members;
  bool is_side_by_side = false;           ///< all of them; otherwise one after the other
  std::vector<std::string> data_folders;  ///< where data is looked for first
  std::vector<std::string> file_folders;  ///< of the experiment's own files: after these
  std::string processors;                 ///< "0,1": that it may use; empty: all
  long parent = 0;                        ///< the coordinator's process
};

/// "ID:POINT:SEED". Throws InputError.
WorkerTask::Member parse_member(const std::string& text);
std::string member_text(const WorkerTask::Member& member);
/// The options that tell a process of members, how they train, its cores and its parent; `until_epoch` 0: to the end.
std::vector<std::string> task_words(const WorkerTask& task, int until_epoch);

/// Trains the members of the sweep that `sweep_folder` holds, each as long as this process holds its claim. Stops with
/// checkpoints, as by SIGTERM, when its parent dies. The exit code: 0, 3 (one diverged), 69 (another process has one),
/// 75 (stopped). Throws InputError if a member is not the run that its id says, and what run_experiment throws.
int work(const WorkerTask& task, const RunOptions& options);

}  // namespace thaw
