// Writes the example sweep into a folder and prints the sweep's: for tests that export it and look with others' eyes.
#include <iostream>

#include "tests/reports/export/example_sweep.h"

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    std::cerr << "usage: write_example_sweep FOLDER [CHOICE]\n";
    return 2;
  }
  std::cout << thaw::test::write_example_sweep(argv[1], argc == 3 ? argv[2] : "fine-tune") << '\n';
  return 0;
}
