// Mnist: 70 000 grey 28x28 pictures of handwritten digits.
// LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition",
// Proceedings of the IEEE 86 (1998), doi:10.1109/5.726791.
#include <clh/data/idx_dataset.hpp>

namespace {

clh::DatasetInfo facts() {
  clh::DatasetInfo info;
  info.sample = {1, 28, 28};
  info.classes = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
  info.mean = {0.1307};
  info.std = {0.3081};
  info.license = "CC BY-SA 3.0";
  info.source = "https://ossci-datasets.s3.amazonaws.com/mnist/";
  return info;
}

class Mnist final : public clh::IdxDataset {
 public:
  static constexpr const char* kCite = "LeCun, Bottou, Bengio, Haffner 1998, doi:10.1109/5.726791";
  struct Options : clh::IdxOptions {
    Options() : IdxOptions("/usr/local/share/datasets/mnist") {}
  };
  Mnist(const clh::DatasetContext& context, const Options& options)
      : IdxDataset(context, facts(), options) {}
};

}  // namespace

CLH_PLUGIN(clh::dataset<Mnist>("mnist", "MNIST handwritten digits"));
