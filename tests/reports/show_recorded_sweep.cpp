// Writes every recorded sweep below a folder and prints what `thaw show --json` says of one of them: for tests that
// compare the numbers with another implementation's.

#include <iostream>

#include "reports/pages.h"
#include "reports/sweep_export.h"
#include "tests/reports/recorded_sweep.h"

namespace {

std::string rendered(const std::string& form, const std::string& folder) {
  if (form == "text") return thaw::render_sweep_text(folder);
  const thaw::reports::SweepView view = thaw::reports::load_sweep(folder);
  if (form == "csv") return thaw::reports::sweep_csv(view);
  if (form == "recommended") return thaw::reports::sweep_recommended(view, thaw::reports::answer_sweep(view));
  return thaw::render_sweep_json(folder);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: show_recorded_sweep FOLDER SWEEP json|text|csv|recommended\n";
    return 2;
  }
  for (const thaw::test::NamedSweep& named : thaw::test::recorded_sweeps()) {
    if (named.name != argv[2]) continue;
    std::cout << rendered(argv[3], thaw::test::write_sweep(argv[1], named.sweep));
    return 0;
  }
  std::cerr << argv[2] << ": no such sweep\n";
  return 2;
}
