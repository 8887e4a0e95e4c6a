// resume_probe OUT [--load FILE] [--batches N] key=value ...
// Runs from the start or from a saved state, to the end or until N batches are done, and writes the
// state to OUT: lets a test stop a run in one process and finish it in another.
#include <cstring>
#include <iostream>

#include "core/error.hpp"
#include "core/run/checkpoint.hpp"
#include "tests/support/test_run.hpp"

int main(int argc, char** argv) {
  std::vector<std::string> words;
  std::string load;
  std::int64_t batches = -1;
  for (int i = 2; i < argc; ++i) {
    if (std::strcmp(argv[i], "--load") == 0 && i + 1 < argc) {
      load = argv[++i];
    } else if (std::strcmp(argv[i], "--batches") == 0 && i + 1 < argc) {
      batches = std::stoll(argv[++i]);
    } else {
      words.emplace_back(argv[i]);
    }
  }
  try {
    clh::test::TestRun run(words);
    if (!load.empty()) {
      run.load(*clh::core::read_checkpoint(load));
    }
    run.train(batches);
    clh::core::write_checkpoint(argv[1], *run.save());
  } catch (const clh::core::Error& e) {
    std::cerr << clh::core::format(e) << "\n";
    return e.exit_code();
  } catch (const std::exception& e) {
    std::cerr << e.what() << "\n";
    return 1;
  }
  return 0;
}
