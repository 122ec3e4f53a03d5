#pragma once

#include <string>
#include <vector>

#include "runner/data/sample.h"
#include "runner/train/metrics.h"
#include "runner/train/pictures.h"
#include "runner/train/session.h"
#include "schemas/run_record.pb.h"

namespace thaw {

/// The set that is judged by, and how to walk it.
struct JudgedSet {
  std::shared_ptr<const SampleSource> source;    ///< of pictures, or of features that a trunk made of them
  std::shared_ptr<const SampleSource> pictures;  ///< the same samples
  std::string split;                             ///< "validation" or "train"
  int batch_size = 1;
  TrunkProgram* trunk = nullptr;  ///< that pictures go through first
};

/// Everything the report shows of the weights now in `session`: metrics, what is right and wrong class by class, IoU
/// histogram, samples at random and the worst ones. Pictures go to samples/ in the folder of `pictures`, whose commit()
/// is the caller's.
Evaluation evaluate(Session& session, const Experiment& config, const JudgedSet& judged, SamplePictures& pictures);

/// The first samples of a batch as the trainer sees them; their pictures go to `pictures`, as above.
DataPreview preview(const Batch& batch, const SampleSource& source, const std::string& split, SamplePictures& pictures);

}  // namespace thaw
