// IdxDataset: grey images and labels in the four files of the MNIST family, of any number.
#pragma once
#include <clh/data/idx.hpp>
#include <clh/dataset.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>

namespace clh __attribute__((visibility("hidden"))) {

/// The option of every such dataset; its own struct sets `root` and inherits the rest.
struct IdxOptions {
  explicit IdxOptions(std::filesystem::path folder) : root(std::move(folder)) {}
  std::filesystem::path root;
  void bind(OptionBinder& option) {
    option("root", root, "folder holding the four *-ubyte or *-ubyte.gz files");
  }
};

/// A dataset that is nothing but its facts. The files say how many samples there are: a subset, or
/// files of one's own with the same classes and sizes, load like the published ones.
class IdxDataset : public BulkDataset {
 public:
  /// Inputs:  facts.sample {1, rows, cols}; classes with all names; the counts of samples are not
  ///          read; without `how` it tells to get the four files from `source`.
  IdxDataset(const DatasetContext& context, DatasetInfo facts, const IdxOptions& options)
      : BulkDataset(context), info_(std::move(facts)), root_(options.root) {
    info_.train = info_.test = -1;  // the files' own
    if (info_.how.empty()) {
      info_.how = std::string("get ") + kIdxTrain.images + ".gz, " + kIdxTrain.labels + ".gz, " +
                  kIdxTest.images + ".gz and " + kIdxTest.labels + ".gz from " + info_.source +
                  " and put them into " + root_.string() + ", or set dataset.root to their folder";
    }
  }

  DatasetInfo info() const override { return info_; }

  void open() override { find_idx_files(root_); }

  Samples load(Split split) override {  // inputs [N, 1, rows, cols], labels [N]
    return read_idx_samples(root_, split, info_.sample[1], info_.sample[2],
                            static_cast<std::int64_t>(info_.classes.size()));
  }

 private:
  DatasetInfo info_;
  std::filesystem::path root_;
};

}  // namespace clh
