// FashionMnist: 70 000 grey 28x28 pictures of clothing in ten classes.
// Xiao, Rasul, Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning
// Algorithms", arXiv:1708.07747.
#include <clh/data/idx_dataset.hpp>

namespace {

clh::DatasetInfo facts() {
  clh::DatasetInfo info;
  info.sample = {1, 28, 28};
  info.classes = {"t-shirt", "trouser", "pullover", "dress", "coat",
                  "sandal",  "shirt",   "sneaker",  "bag",   "ankle boot"};
  info.mean = {0.2860};
  info.std = {0.3530};
  info.license = "MIT";
  info.source = "https://github.com/zalandoresearch/fashion-mnist";
  info.how = "apt install dataset-fashion-mnist, or put the four files into dataset.root";
  return info;
}

class FashionMnist final : public clh::IdxDataset {
 public:
  static constexpr const char* kCite = "Xiao, Rasul, Vollgraf 2017, arXiv:1708.07747";
  struct Options : clh::IdxOptions {
    Options() : IdxOptions("/usr/share/datasets/fashion-mnist") {}
  };
  FashionMnist(const clh::DatasetContext& context, const Options& options)
      : IdxDataset(context, facts(), options) {}
};

}  // namespace

CLH_PLUGIN(clh::dataset<FashionMnist>("fashion-mnist", "Fashion-MNIST"));
