#include "runner/summary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/ops/other_device.h"

namespace thaw {
namespace {

using ::testing::HasSubstr;

std::string summary_in_bfloat16(Support support) {
  const std::string file = THAW_SOURCE_DIR "/tests/runner/tiny.pbtxt";
  const PreparedExperiment prepared = prepare(load_experiment(file, {"compute.precision=BFLOAT16"}), {});
  return summarize(prepared, std::make_shared<DeviceWithSupport>(support, "some_isa"), {});
}

TEST(Summary, SaysWhereBFloat16IsEmulated) {
  if (make_cpu_device(2)->support_of(Precision::kBFloat16) == Support::kNone) {
    GTEST_SKIP() << "this processor has no kernels for bfloat16: they need AVX-512";
  }
  EXPECT_THAT(summary_in_bfloat16(Support::kEmulated),
              HasSubstr(" (some_isa), bfloat16 (this processor emulates it: float32 is faster)\n"));
  EXPECT_THAT(summary_in_bfloat16(Support::kNative), HasSubstr(" (some_isa), bfloat16\n"));
}

}  // namespace
}  // namespace thaw
