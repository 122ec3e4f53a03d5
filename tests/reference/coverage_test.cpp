#include <gmock/gmock.h>

#include "ops/catalogue.h"
#include "tests/reference/functions.h"

namespace thaw::reference {
namespace {

TEST(Coverage, EveryOperatorHasAReferenceAndEveryReferenceAnOperator) {
  std::vector<std::string> names;
  for (const auto& [name, function] : functions()) names.push_back(name);
  EXPECT_THAT(names, ::testing::UnorderedElementsAreArray(operators().names()));
}

}  // namespace
}  // namespace thaw::reference
