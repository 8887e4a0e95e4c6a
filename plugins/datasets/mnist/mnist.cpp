// Mnist: 70 000 grey 28x28 pictures of handwritten digits.
// LeCun, Bottou, Bengio, Haffner, "Gradient-based learning applied to document recognition",
// Proceedings of the IEEE 86 (1998), doi:10.1109/5.726791.
#include <clh/data/idx.hpp>
#include <clh/dataset.hpp>

namespace {

class Mnist final : public clh::BulkDataset {
 public:
  static constexpr const char* kCite = "LeCun, Bottou, Bengio, Haffner 1998, doi:10.1109/5.726791";

  struct Options {
    std::filesystem::path root = "/usr/local/share/datasets/mnist";
    void bind(clh::OptionBinder& option) {
      option("root", root, "folder holding the four *-ubyte or *-ubyte.gz files");
    }
  };

  Mnist(const clh::DatasetContext& context, const Options& options)
      : BulkDataset(context), root_(options.root) {}

  clh::DatasetInfo info() const override {
    clh::DatasetInfo info;
    info.sample = {1, 28, 28};
    info.classes = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    info.train = 60000;
    info.test = 10000;
    info.range = {0, 255};
    info.mean = {0.1307};
    info.std = {0.3081};
    info.license = "CC BY-SA 3.0";
    info.source = "https://ossci-datasets.s3.amazonaws.com/mnist/";
    info.how =
        "get train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz"
        " and t10k-labels-idx1-ubyte.gz from " +
        info.source + " and put them into " + root_.string() +
        ", or set dataset.root to their folder";
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

CLH_PLUGIN(clh::dataset<Mnist>("mnist", "MNIST handwritten digits"));
