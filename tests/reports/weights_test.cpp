#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/pages.h"
#include "tests/reports/example_runs.h"
#include "tests/reports/temporary_folder.h"

namespace thaw::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string page_of(const ExampleOptions& options) {
  const TemporaryFolder folder;
  return render_report(write_run(folder / "run", finished_run(options)));
}

TEST(WeightsPanel, CountsAndListsWhatBecameOfEach) {
  const std::string page = page_of({.has_weights = true});
  EXPECT_THAT(page,
              HasSubstr("<p class=\"note\">2 loaded, 1 adapted, 1 left over, 1 missing from digits.safetensors for "
                        "layer &quot;conv2d&quot;.</p>"));
  EXPECT_THAT(page, HasSubstr("Read from <code>/data/digits.safetensors</code>, SHA-256 <code>"));
  EXPECT_THAT(page, HasSubstr("<tr><th scope=\"row\">conv2d/kernel</th><td>conv.weight</td><td "
                              "class=\"nowrap\">16x1x3x3</td><td class=\"nowrap\">16x3x3x3</td>"
                              "<td><strong>adapted</strong></td></tr>"));
  EXPECT_THAT(page, HasSubstr("<td>fc.&lt;weight&gt;</td>"));
  EXPECT_THAT(page, HasSubstr("<a href=\"#weights\">Pretrained weights</a>"));
}

TEST(WeightsPanel, WhatWasNotSimplyLoadedComesFirst) {
  const std::string page = page_of({.has_weights = true});
  const auto at = [&](const char* text) { return page.find(text, page.find("id=\"weights\"")); };
  EXPECT_LT(at("<strong>missing"), at("<strong>left over"));
  EXPECT_LT(at("<strong>left over"), at("<strong>adapted"));
  EXPECT_LT(at("<strong>adapted"), at("<td>loaded</td>"));
}

TEST(WeightsPanel, IsLeftOutWhereNothingWasLoaded) {
  EXPECT_THAT(page_of({}), AllOf(Not(HasSubstr("id=\"weights\"")), Not(HasSubstr("Pretrained weights"))));
}

}  // namespace
}  // namespace thaw::test
