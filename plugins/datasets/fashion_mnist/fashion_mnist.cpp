// FashionMnist: 70 000 grey 28x28 pictures of clothing in ten classes.
// Xiao, Rasul, Vollgraf, "Fashion-MNIST: a Novel Image Dataset for Benchmarking Machine Learning
// Algorithms", arXiv:1708.07747.
#include <clh/data/idx.hpp>
#include <clh/dataset.hpp>

namespace {

class FashionMnist final : public clh::BulkDataset {
 public:
  static constexpr const char* kCite = "Xiao, Rasul, Vollgraf 2017, arXiv:1708.07747";

  struct Options {
    std::filesystem::path root = "/usr/share/datasets/fashion-mnist";
    void bind(clh::OptionBinder& option) {
      option("root", root, "folder holding the four *-ubyte or *-ubyte.gz files");
    }
  };

  FashionMnist(const clh::DatasetContext& context, const Options& options)
      : BulkDataset(context), root_(options.root) {}

  clh::DatasetInfo info() const override {
    clh::DatasetInfo info;
    info.sample = {1, 28, 28};
    info.classes = {"t-shirt", "trouser", "pullover", "dress", "coat",
                    "sandal",  "shirt",   "sneaker",  "bag",   "ankle boot"};
    info.train = 60000;
    info.test = 10000;
    info.range = {0, 255};
    info.mean = {0.2860};
    info.std = {0.3530};
    info.license = "MIT";
    info.source = "https://github.com/zalandoresearch/fashion-mnist";
    info.how = "apt install dataset-fashion-mnist, or put the four files into dataset.root";
    return info;
  }

  void open() override { clh::find_idx_files(root_); }

  clh::Samples load(clh::Split split) override {  // inputs [N, 1, 28, 28], labels [N]
    return clh::read_idx_samples(root_, split, 28, 28, 10);
  }

 private:
  std::filesystem::path root_;
};

}  // namespace

CLH_PLUGIN(clh::dataset<FashionMnist>("fashion-mnist", "Fashion-MNIST"));
