// Writes one report for each example run, and comparisons of some, into a folder: pages to look at, and to open in a
// browser by browser_test.py.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "reports/pages.h"
#include "tests/reports/example_runs.h"
#include "tests/reports/page_sweeps.h"

namespace {

void write_page(const std::filesystem::path& path, const std::string& page) {
  std::ofstream(path, std::ios::binary) << page;
  std::cout << path.string() << ": " << page.size() / 1024 << " KiB\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: write_example_reports FOLDER\n";
    return 2;
  }
  const std::filesystem::path folder = argv[1];
  const auto run_folder = [&folder](const std::string& name) { return (folder / "runs" / name).string(); };
  for (const auto& run : thaw::test::example_runs()) {
    write_page(folder / (run.name + ".html"),
               thaw::render_report(thaw::test::write_run(run_folder(run.name), run.events)));
  }
  std::vector<std::string> same, all;
  for (const double rate : {0.001, 0.003}) {
    for (int seed = 1; seed <= 3; ++seed) {
      const std::string name = "rate-" + std::to_string(rate) + "-seed-" + std::to_string(seed);
      all.push_back(thaw::test::write_run(
          run_folder(name), thaw::test::finished_run({.seed = seed, .learning_rate = rate, .pictures = 0})));
      if (rate == 0.001) same.push_back(all.back());
    }
  }
  all.push_back(run_folder("killed"));
  write_page(folder / "comparison_of_seeds.html", thaw::render_comparison(same));
  write_page(folder / "comparison.html", thaw::render_comparison(all));
  for (const auto& [name, page] : thaw::test::sweep_pages((folder / "runs").string())) {
    write_page(folder / ("sweep_" + name + ".html"), page);
  }
}
