#pragma once

#include <cstdint>
#include <string>

#include "schemas/run_record.pb.h"
#include "tests/reports/example_runs.h"

// What the example runs are made of.
namespace thaw::test {

inline constexpr int kCanvas = 75;
inline constexpr std::int64_t kStepsPerEpoch = 938;
inline constexpr std::int64_t kValidationSamples = 10000;

/// The same 64 hex digits for the same salt.
std::string fake_hash(const std::string& salt);

BoxValue box_at(double x, double y, double width, double height);

/// Scores, curves and calibration that go with the confusion matrix of `output`; curves of the first classes alone.
void add_class_scores(OutputEvaluation& output, std::size_t most_curves);

/// Two classes behind one unit.
ExampleRun binary_run();
/// Several labels a sample, or none.
ExampleRun multi_label_run();

/// The network, data and machine of an example run.
Started example_started(const ExampleOptions& options);

}  // namespace thaw::test
