// The dataset plugins through their .so: Debian's Fashion-MNIST, and MNIST from given files.
#include <ATen/TensorOperators.h>
#include <ATen/ops/bincount.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>

#include <cstdint>
#include <string>
#include <utility>

#include "core/instances/dataset_proxy.hpp"
#include "tests/plugins/datasets/idx_bytes.hpp"
#include "tests/support/error_of.hpp"
#include "tests/support/plugin_rig.hpp"
#include "tests/support/temporary_directory.hpp"
#include <gtest/gtest.h>

namespace mnist_family_test {

using clh::core::DatasetProxy;
using clh::test::error_of;
using clh::test::gzip;
using clh::test::idx_header;
using clh::test::idx_images;
using clh::test::idx_labels;
using clh::test::TemporaryDirectory;

class MnistFamily : public testing::Test {
 protected:
  const clh_factory& choose(const std::string& name) { return plugins_.choose(CLH_DATASET, name); }
  const clh_factory& choose(const std::string& name, const std::string& root) {
    return plugins_.choose(CLH_DATASET, name, clh::test::options({{"root", {root}}}));
  }

  clh::test::PluginRig plugins_;
  TemporaryDirectory folder_;
};

/// n + m blank images with labels that go round.
void write_blank_family(const TemporaryDirectory& folder, std::uint32_t n, std::uint32_t m) {
  for (const auto& [stem, count] : {std::pair{"train", n}, std::pair{"t10k", m}}) {
    std::string labels(count, '\0');
    for (std::size_t i = 0; i < count; ++i) {
      labels[i] = static_cast<char>(i % 10);
    }
    folder.write(std::string(stem) + "-images-idx3-ubyte.gz",
                 gzip(idx_header({count, 28, 28}) + std::string(count * 28 * 28, '\7')));
    folder.write(std::string(stem) + "-labels-idx1-ubyte", idx_labels(labels));
  }
}

TEST_F(MnistFamily, RealFashionMnistHasItsPublishedCounts) {
  DatasetProxy dataset(plugins_.run(), choose("fashion-mnist"));
  dataset.open();
  const auto train = dataset.load(CLH_TRAIN), test = dataset.load(CLH_TEST);
  EXPECT_EQ(train.inputs.sizes(), (at::IntArrayRef{60000, 1, 28, 28}));
  EXPECT_EQ(test.inputs.sizes(), (at::IntArrayRef{10000, 1, 28, 28}));
  EXPECT_TRUE(at::equal(at::bincount(train.labels), at::full({10}, 6000, at::kLong)));
  EXPECT_TRUE(at::equal(at::bincount(test.labels), at::full({10}, 1000, at::kLong)));
  // The mean and deviation that the dataset declares are those of its training pixels.
  const auto pixels = train.inputs.to(at::kDouble) / 255;
  EXPECT_NEAR(pixels.mean().item<double>(), dataset.info().mean[0], 5e-5);
  EXPECT_NEAR(pixels.std().item<double>(), dataset.info().std[0], 5e-5);
}

TEST_F(MnistFamily, InfoNeedsNoFiles) {
  for (const std::string name : {"fashion-mnist", "mnist"}) {
    const DatasetProxy dataset(plugins_.run(), choose(name, "/nowhere"));
    const auto& info = dataset.info();
    EXPECT_EQ(clh::Shape(info.sample), (clh::Shape{1, 28, 28}));
    EXPECT_EQ(info.n_classes, 10);
    EXPECT_STREQ(info.classes[9], name == "mnist" ? "9" : "ankle boot");
    EXPECT_EQ(info.classes[10], nullptr);
    EXPECT_EQ(info.size[CLH_TRAIN], -1) << "the files say it";
    EXPECT_EQ(info.size[CLH_TEST], -1);
    EXPECT_EQ(info.size[CLH_VALID], 0);
  }
}

TEST_F(MnistFamily, MissingFilesAreNamedWithTheWayToGetThem) {
  DatasetProxy fashion(plugins_.run(), choose("fashion-mnist", "/nowhere"));
  const auto no_package = error_of([&] { fashion.open(); });
  EXPECT_EQ(no_package.slug(), "missing-data");
  EXPECT_STREQ(no_package.what(),
               "dataset fashion-mnist: expected /nowhere/train-images-idx3-ubyte, found no such "
               "file");
  EXPECT_EQ(no_package.fix(),
            "apt install dataset-fashion-mnist, or put the four files into dataset.root");
  EXPECT_EQ(no_package.exit_code(), clh::core::kExitUsage);

  DatasetProxy mnist(plugins_.run(), choose("mnist", "/nowhere"));
  const auto no_files = error_of([&] { mnist.open(); });
  EXPECT_EQ(no_files.slug(), "missing-data");
  for (const auto* part :
       {"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz",
        "t10k-labels-idx1-ubyte.gz", "/nowhere", "dataset.root"}) {
    EXPECT_NE(no_files.fix().find(part), std::string::npos) << part;
  }
}

// The published files have 60 000 and 10 000; a subset or files of one's own load like them.
TEST_F(MnistFamily, AnyNumberOfSamplesLoads) {
  for (const auto& [n, m] : {std::pair{600U, 100U}, std::pair{1U, 1U}, std::pair{17U, 60U}}) {
    write_blank_family(folder_, n, m);
    for (const std::string name : {"fashion-mnist", "mnist"}) {
      SCOPED_TRACE(name + " of " + std::to_string(n));
      DatasetProxy dataset(plugins_.run(), choose(name, folder_.path().string()));
      dataset.open();
      const auto train = dataset.load(CLH_TRAIN), test = dataset.load(CLH_TEST);
      EXPECT_EQ(train.inputs.sizes(), (at::IntArrayRef{n, 1, 28, 28}));
      EXPECT_EQ(test.inputs.sizes(), (at::IntArrayRef{m, 1, 28, 28}));
      EXPECT_TRUE(test.inputs.eq(7).all().item<bool>());
      EXPECT_EQ(train.labels[n - 1].item<std::int64_t>(), (n - 1) % 10);
      EXPECT_EQ(test.size(), m);
    }
  }
}

TEST_F(MnistFamily, DamagedFilesAreNamed) {
  folder_.write("train-images-idx3-ubyte", idx_images(2, 28, 28).substr(0, 1000));
  folder_.write("train-labels-idx1-ubyte", idx_labels("\1\2"));
  folder_.write("t10k-images-idx3-ubyte", idx_images(1, 28, 27));
  folder_.write("t10k-labels-idx1-ubyte", idx_labels("\1"));
  for (const std::string name : {"fashion-mnist", "mnist"}) {
    DatasetProxy dataset(plugins_.run(), choose(name, folder_.path().string()));
    dataset.open();
    const auto where = "dataset " + name + ": " + folder_.path().string();
    const auto cut = error_of([&] { dataset.load(CLH_TRAIN); });
    EXPECT_EQ(cut.slug(), "bad-data");
    EXPECT_EQ(cut.what(),
              where + "/train-images-idx3-ubyte: expected 1568 bytes of data, found 984");
    EXPECT_EQ(error_of([&] { dataset.load(CLH_TEST); }).what(),
              where + "/t10k-images-idx3-ubyte: expected images of 28x28, found 28x27");
  }
}

TEST_F(MnistFamily, WhatIsWrongWithFilesOfOnesOwnIsNamed) {
  for (const std::string name : {"fashion-mnist", "mnist"}) {
    DatasetProxy dataset(plugins_.run(), choose(name, folder_.path().string()));
    const auto expect_refused = [&](const std::string& images, const std::string& labels,
                                    const std::string& text) {
      folder_.write("train-images-idx3-ubyte", images);
      folder_.write("train-labels-idx1-ubyte", labels);
      const auto error = error_of([&] { dataset.load(CLH_TRAIN); });
      EXPECT_EQ(error.slug(), "bad-data");
      EXPECT_EQ(error.exit_code(), clh::core::kExitUsage);
      EXPECT_EQ(error.what(),
                "dataset " + name + ": " + folder_.path().string() + "/train-" + text);
      EXPECT_EQ(error.fix().find("correct its files, or get them anew: "), 0U) << error.fix();
    };
    const auto three = idx_images(3, 28, 28);
    expect_refused(three, idx_labels("\1\2"),
                   "labels-idx1-ubyte: expected 3 labels, one for each image, found 2");
    expect_refused(three, idx_labels("\1\2\12"),
                   "labels-idx1-ubyte: expected labels below 10, found 10 at sample 2");
    expect_refused(three, idx_labels("\1\2\3").substr(0, 9),
                   "labels-idx1-ubyte: expected 3 bytes of data, found 1");
    expect_refused(three, three,
                   "labels-idx1-ubyte: expected magic number 2049 (labels), found 2051 (images)");
    expect_refused(idx_images(3, 27, 28), idx_labels("\1\2\3"),
                   "images-idx3-ubyte: expected images of 28x28, found 27x28");
  }
}

}  // namespace mnist_family_test
