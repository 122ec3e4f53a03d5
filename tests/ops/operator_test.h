#pragma once

#include <gtest/gtest.h>

#include "tests/ops/op_case.h"

namespace thaw {

/// What every operator must pass, case by case. A family's file instantiates it with its case table.
class OperatorTest : public ::testing::TestWithParam<OpCase> {
 public:
  static std::string name_of(const ::testing::TestParamInfo<OpCase>& info) {
    return info.param.op + "_" + info.param.name;
  }
};

using Integers = std::vector<std::int64_t>;

}  // namespace thaw
