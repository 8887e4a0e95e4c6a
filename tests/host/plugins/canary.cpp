// Canary: writes the file that CLH_CANARY names as soon as any code of this library runs, and says
// that it was told to stop when nobody told it.
#include <clh/dataset.hpp>

#include <cstdlib>
#include <fstream>

namespace {

__attribute__((constructor)) void sing() {
  if (const char* file = std::getenv("CLH_CANARY")) {
    std::ofstream(file) << "code of the canary ran\n";
  }
}

class Canary final : public clh::BulkDataset {
 public:
  explicit Canary(const clh::DatasetContext& context) : BulkDataset(context) {}
  clh::DatasetInfo info() const override {
    clh::DatasetInfo info;
    info.sample = {1};
    info.classes = {"a"};
    return info;
  }
  clh::Samples load(clh::Split) override { throw clh::Stopped(); }
};

}  // namespace

CLH_PLUGIN(clh::dataset<Canary>("canary", "Sings when its code runs"));
