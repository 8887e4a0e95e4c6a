// Continues saved runs, one for each line of its input: "FILE OUT key=value ...". Loads the state
// in FILE, runs to the end, writes the state to OUT and answers with the line "done", or with what
// went wrong. Lets a test stop a run in one process and finish it in another.
#include <iostream>
#include <iterator>
#include <sstream>

#include "core/error.hpp"
#include "core/state/checkpoint.hpp"
#include "tests/support/test_run.hpp"

namespace {

std::string one_line(std::string text) {
  for (auto& c : text) {
    c = c == '\n' ? ' ' : c;
  }
  return text;
}

std::string finish(const std::string& line) {
  std::istringstream text(line);
  std::string file, out;
  text >> file >> out;
  try {
    clh::test::TestRun run({std::istream_iterator<std::string>(text), {}});
    run.load(*clh::core::read_checkpoint(file));
    run.train();
    clh::core::write_checkpoint(out, *run.save());
  } catch (const clh::core::Error& e) {
    return one_line(clh::core::format(e));
  } catch (const std::exception& e) {
    return one_line(e.what());
  }
  return "done";
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << finish(line) << std::endl;
  }
}
