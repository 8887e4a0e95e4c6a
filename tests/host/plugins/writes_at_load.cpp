// WritesAtLoad: writes the file that CLH_TRACE_FILE names as soon as any code of this library runs,
// and says that it was told to stop when nobody told it.
#include <clh/dataset.hpp>

#include <cstdlib>
#include <fstream>

namespace {

__attribute__((constructor)) void at_load() {
  if (const char* file = std::getenv("CLH_TRACE_FILE")) {
    std::ofstream(file) << "code of the plugin ran\n";
  }
}

class WritesAtLoad final : public clh::BulkDataset {
 public:
  explicit WritesAtLoad(const clh::DatasetContext& context) : BulkDataset(context) {}
  clh::DatasetInfo info() const override {
    clh::DatasetInfo info;
    info.sample = {1};
    info.classes = {"a"};
    return info;
  }
  clh::Samples load(clh::Split) override { throw clh::Stopped(); }
};

}  // namespace

CLH_PLUGIN(clh::dataset<WritesAtLoad>("writes-at-load", "Writes a file when its code runs"));
