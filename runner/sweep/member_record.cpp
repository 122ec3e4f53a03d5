#include "runner/sweep/member_record.h"

#include <filesystem>
#include <limits>
#include <utility>

#include "runner/store/run_folder.h"
#include "schemas/diagnostic.h"
#include "schemas/sweep_journal.h"

namespace thaw {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// -1: there is none.
std::int64_t size_of(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  return error ? -1 : static_cast<std::int64_t>(size);
}

}  // namespace

MemberRecord::MemberRecord(std::string run_folder, std::string metric)
    : folder_(std::move(run_folder)), metric_(std::move(metric)) {}

void MemberRecord::set_folder(std::string folder) {
  folder_ = std::move(folder);
  seen_bytes_ = -1;
}

std::string find_finished_run(const std::string& runs_root, const std::string& id, const std::string& but) {
  namespace fs = std::filesystem;
  std::error_code error;
  for (fs::directory_iterator name(runs_root, error); !error && name != fs::directory_iterator();
       name.increment(error)) {
    const std::string folder = (name->path() / id).string();
    std::error_code ignored;
    if (folder == but || !fs::exists(folder + "/record.binpb", ignored)) continue;
    try {
      if (run_status(folder) == RunStatus::kFinished) return folder;
    } catch (const InputError&) {  // a damaged record is nobody's result
    }
  }
  return "";
}

bool MemberRecord::refresh() {
  const std::string path = folder_ + "/record.binpb";
  const std::int64_t bytes = size_of(path);
  if (bytes == seen_bytes_) return false;
  seen_bytes_ = bytes;
  const RecordFrames frames = bytes > 0 ? read_record(path) : RecordFrames{};
  if (frames.events.empty()) return false;  // a run's first event is under way
  const EffectiveRecord record = effective_record(frames.events, path);
  status_ = record.finished ? Status::kFinished : record.diverged ? Status::kDiverged : Status::kResumable;
  total_epochs_ = record.started.epochs();
  values_.clear();
  for (const EpochEnd& epoch : record.epochs) values_.push_back(compared_value(record, metric_, epoch.epoch()));
  if (record.finished) wall_s_ = record.finished->wall_s();
  if (record.diverged) {
    advice_ = record.diverged->tensor() + " became " + record.diverged->kind() +
              "; what to try: " + record.diverged->advice();
  }
  return true;
}

double MemberRecord::value(int epochs) const {
  if (epochs <= this->epochs()) return epochs > 0 ? values_[static_cast<std::size_t>(epochs) - 1] : kNone;
  return status_ == Status::kDiverged ? kNone : latest_value();
}

double MemberRecord::latest_value() const { return values_.empty() ? kNone : values_.back(); }

}  // namespace thaw
