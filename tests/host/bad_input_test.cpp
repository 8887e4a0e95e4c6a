#include "tests/host/host_test.hpp"
#include "tests/plugins/datasets/idx_bytes.hpp"

namespace clh::test {
namespace bad_input_test {

namespace fs = std::filesystem;

class BadInput : public HostTest {
 protected:
  /// A folder with four IDX files of n training and m test samples.
  fs::path write_mnist(const std::string& name, std::uint32_t n, std::uint32_t m) const {
    const auto at = folder() / name;
    put(at / "train-images-idx3-ubyte", idx_images(n, 28, 28));
    put(at / "train-labels-idx1-ubyte", idx_labels(rounds(n)));
    put(at / "t10k-images-idx3-ubyte", idx_images(m, 28, 28));
    put(at / "t10k-labels-idx1-ubyte", idx_labels(rounds(m)));
    return at;
  }
  /// n labels that go round the ten classes.
  static std::string rounds(std::uint32_t n) {
    std::string labels;
    for (std::uint32_t i = 0; i < n; ++i) {
      labels.push_back(static_cast<char>(i % 10));
    }
    return labels;
  }
  static void put(const fs::path& file, const std::string& bytes) {
    fs::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << bytes;
  }
  ProcessResult mnist(const fs::path& root) const {
    return host({"train", "benchmark=split-mnist", "dataset.root=" + root.string()});
  }
  static std::string how(const fs::path& root) {
    return "get train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz "
           "and t10k-labels-idx1-ubyte.gz from https://ossci-datasets.s3.amazonaws.com/mnist/ and "
           "put them into " +
           root.string() + ", or set dataset.root to their folder";
  }
  static std::string repair(const fs::path& root) {
    return "correct its files, or get them anew: " + how(root);
  }
};

TEST_F(BadInput, MissingFilesNameThePackageOrTheFilesAndTheirPlace) {
  const auto root = folder() / "none";
  const auto missing =
      "expected " + (root / "train-images-idx3-ubyte").string() + ", found no such file";
  expect_error(host({"train", "--json", "dataset.root=" + root.string()}), 2,
               "[missing-data]: dataset fashion-mnist: " + missing,
               "apt install dataset-fashion-mnist, or put the four files into dataset.root");
  expect_error(mnist(root), 2, "[missing-data]: dataset mnist: " + missing, how(root));
  EXPECT_FALSE(fs::exists(folder() / "runs")) << "a run that could not begin leaves nothing";
}

TEST_F(BadInput, AnOptionWithoutEffect) {
  expect_error(host({"train", "optimizer.nesterov=true"}), 2,
               "[bad-option]: [optimizer] nesterov: expected a momentum beside it, found "
               "optimizer.momentum=0",
               "set optimizer.momentum=0.9, or leave nesterov out");
  const auto lambda = host({"train", "model.lambda=0.5"});
  EXPECT_EQ(lambda.exit_code, 2);
  EXPECT_NE(lambda.err.find("replay-weight=X takes the place of loss=sum lambda=X"),
            std::string::npos)
      << lambda.err;
  EXPECT_FALSE(fs::exists(folder() / "runs"));
}

TEST_F(BadInput, TypedValuesAreTakenWhole) {
  expect_error(host(tiny({"--json", "model.buffer-size=500#x"})), 2,
               "[bad-option]: [model] buffer-size: expected an integer >= 1, found \"500#x\"",
               "set it to 500, the default");
  EXPECT_EQ(host(tiny({"--json", "optimizer.lr=0x10"})).exit_code, 2);
}

TEST_F(BadInput, AFileWithAnEqualsSignIsAFile) {
  put(folder() / "lr=0.1" / "job.toml", "[model]\nname = \"sgd\"\n");
  const auto result = host(tiny({"--dry-run", "lr=0.1/job.toml"}));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_NE(result.out.find("name = \"sgd\""), std::string::npos) << result.out;
}

TEST_F(BadInput, TruncatedIdx) {
  const auto root = write_mnist("short", 3, 2);
  const auto file = root / "train-images-idx3-ubyte";
  put(file, idx_images(3, 28, 28).substr(0, 16 + 100));
  expect_error(
      mnist(root), 2,
      "[bad-data]: dataset mnist: " + file.string() + ": expected 2352 bytes of data, found 100",
      repair(root));
}

TEST_F(BadInput, TruncatedGzip) {
  const auto root = write_mnist("gzip", 3, 2);
  const auto file = root / "train-images-idx3-ubyte";
  fs::remove(file);
  const auto zipped = gzip(idx_images(3, 28, 28));
  put(file.string() + ".gz", zipped.substr(0, zipped.size() / 2));
  expect_error(mnist(root), 2,
               "[bad-data]: dataset mnist: " + file.string() +
                   ".gz: expected an intact file, found a cut gzip stream",
               repair(root));
}

TEST_F(BadInput, WrongKindOfIdx) {
  const auto root = write_mnist("swapped", 3, 2);
  const auto file = root / "train-images-idx3-ubyte";
  put(file, idx_labels("123"));
  expect_error(mnist(root), 2,
               "[bad-data]: dataset mnist: " + file.string() +
                   ": expected magic number 2051 (images), found 2049 (labels)",
               repair(root));
}

TEST_F(BadInput, FilesOfOnesOwn) {
  const auto root = write_mnist("own", 600, 100);
  const Words job = {"train",  "benchmark=split-mnist", "dataset.root=" + root.string(),
                     "--json", "train.iterations=2",    "run.record=false"};
  const auto result = host(job);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(nlohmann::json::parse(result.out)["matrices"]["class-il"]["test-samples"],
            (std::vector<int>{20, 20, 20, 20, 20}));

  const auto labels = root / "train-labels-idx1-ubyte";
  put(labels, idx_labels(rounds(599)));
  expect_error(host(job), 2,
               "[bad-data]: dataset mnist: " + labels.string() +
                   ": expected 600 labels, one for each image, found 599",
               repair(root));
  put(labels, idx_labels(std::string(600, '\12')));
  expect_error(host(job), 2,
               "[bad-data]: dataset mnist: " + labels.string() +
                   ": expected labels below 10, found 10 at sample 0",
               repair(root));
  put(labels, idx_labels(std::string(600, '\1')));
  expect_error(host(job), 2, "[bad-data]: task 2 + 3: expected training samples, found none",
               "add samples of these classes to both splits, or put more classes into a task: "
               "stream.classes-per-task");
  EXPECT_EQ(host(job + Words{"stream.classes-per-task=10"}).exit_code, 0);
}

struct Refusal {
  Words words;
  std::string message, fix;
};

TEST_F(BadInput, EveryWrongKeyAndValueNamesTheMend) {
  const std::string sections =
      "run, dataset, stream, backbone, head, model, optimizer, train, eval";
  const Refusal cases[] = {
      {{"model.bufer-size=3"},
       "[unknown-option]: [model] bufer-size: expected an option of org.clh.er/er, found an "
       "unknown "
       "key",
       "did you mean \"buffer-size\"? cl-host describe er"},
      {{"buffer-size=3"},
       "[unknown-option]: buffer-size: expected benchmark or an option in one of the sections " +
           sections + ", found an unknown key",
       "did you mean \"model.buffer-size\"?"},
      {{"modle.name=er"},
       "[unknown-option]: [modle]: expected one of the sections " + sections +
           ", found an unknown one",
       "did you mean \"model.name\"?"},
      {{"model.buffer-size=many"},
       "[bad-option]: [model] buffer-size: expected an integer >= 1, found \"many\"",
       "set it to 500, the default"},
      {{"train.shuffle=3"},
       "[bad-option]: [train] shuffle: expected true or false, found 3",
       "set it to true, the default"},
      {{"--seed=-1"},
       "[bad-option]: [run] seed: expected an integer >= 0, found -1",
       "set it to 0, the default"},
      {{"--on-nan=ignore"},
       "[bad-option]: [train] on-nan: expected one of stop, continue, found \"ignore\"",
       "set it to stop, the default"},
      {{"model=ewc", "model.variant=paper"},
       "[unknown-option]: [model] variant: expected an option of org.clh.ewc/ewc, found an unknown "
       "key",
       "variant is called formula now: formula=reference-code for variant=paper, formula=paper "
       "(the "
       "default) for variant=fixed"},
      {{"stream.normalise=true"},
       "[unknown-option]: [stream] normalise: expected an option of stream class-split, found an "
       "unknown key",
       "normalise is called normalize now"},
      {{"optimizer=adan"},
       "[unknown-component]: [optimizer] name: expected one of adam, adamw, sgd, found \"adan\"",
       "did you mean \"adam\"?"},
      {{"head=multi-head"},
       "[unsupported]: head multi-head: expected the scenario task-il, found class-il",
       "set stream.scenario=task-il, or head=fixed"},
      {{"er"},
       "[usage]: train: expected key=value or a configuration file, found \"er\"",
       "write key=value as in model=er, or name a TOML file that exists"},
      {{"none.toml"},
       "[bad-config]: none.toml: expected a configuration file, found no such file",
       "name a TOML file that can be read"},
      {{"--jsno"},
       "[usage]: train: expected a known flag, found --jsno",
       "did you mean \"--json\"? cl-host train --help"},
      {{"--seed"},
       "[usage]: train: expected a value after --seed, found none",
       "cl-host train --help"},
      {{"-x"},
       "[usage]: train: expected a flag with two dashes, found \"-x\"",
       "cl-host train --help"},
      {{"--json", "--dry-run"},
       "[usage]: train: expected --dry-run or --json, found both",
       "a dry run has no results: leave out --json"}};
  for (const auto& one : cases) {
    SCOPED_TRACE(one.words[0]);
    expect_error(host(Words{"train"} + one.words), 2, one.message, one.fix);
  }
  EXPECT_FALSE(fs::exists(folder() / "runs"));
}

TEST_F(BadInput, UnknownPluginListsWhatIsInstalled) {
  const auto some = copy_plugins("some", {"er", "sgd", "mlp", "fashion_mnist"});
  const Words only = {"train", "--no-default-plugins", "--plugin-dir", some};
  expect_error(host(only + Words{"model=erx"}), 2,
               "[unknown-component]: [model] name: expected one of er, sgd, found \"erx\"",
               "did you mean \"er\"? cl-host list models");
  expect_error(host(only + Words{"backbone=transformer"}), 2,
               "[unknown-component]: [backbone] name: expected one of mlp, found \"transformer\"",
               "cl-host list backbones");
}

TEST_F(BadInput, EmptyPluginDirectory) {
  fs::create_directory(folder() / "empty");
  expect_error(
      host({"train", "--json", "--no-default-plugins", "--plugin-dir", folder() / "empty"}), 2,
      "[unknown-component]: [dataset] name: expected an installed dataset plugin, found none",
      "name a directory that holds one with --plugin-dir, or build the built-in plugins");
}

TEST_F(BadInput, UnwritableRunDirectory) {
  fs::create_directory(folder() / "locked");
  fs::permissions(folder() / "locked", fs::perms::owner_read | fs::perms::owner_exec);
  auto locked = request(tiny({"--json", "run.dir=locked/runs", "run.name=job"}));
  locked.without_privileges = true;
  expect_error(run_process(locked), 2,
               "[unwritable]: " + (folder() / "locked/runs/job").string() +
                   ": expected a directory that can be created, found Permission denied",
               "choose a directory that you may write to with run.dir=<directory>");
}

TEST_F(BadInput, FullDiskBeforeTraining) {
  auto full = request(tiny({"--json"}));
  full.file_size = 1000;  // config.toml fits, results.json does not
  const auto result = run_process(full);
  expect_error(result, 2,
               "[unwritable]: " + (record() / "results.json").string() +
                   ": expected room for the whole file, found File too large",
               "free some space, or choose another place with run.dir=<directory>");
}

TEST_F(BadInput, FullDiskWhileTraining) {
  auto full = request(tiny({"--json", "train.iterations=1000"}));
  full.file_size = 20000;  // the curve outgrows it
  const auto result = run_process(full);
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_NE(result.err.find("record: " + record().string() +
                            "\nerror[unwritable]: " + (record() / "train.jsonl").string() +
                            ": expected room for the whole file, found File too large\n  fix: free "
                            "some space, or choose another place with run.dir=<directory>\n"),
            std::string::npos)
      << result.err;
  EXPECT_EQ(results(record())["status"], "failed");
}

TEST_F(BadInput, FullStandardOutput) {
  for (const auto& words : {tiny({"--json"}), tiny({"--dry-run"}), Words{"list"}, Words{"doctor"},
                            Words{"describe", "er"}, Words{"train", "--help"}}) {
    SCOPED_TRACE(words.back());
    auto full = request(words);
    full.output_to = "/dev/full";
    const auto result = run_process(full);
    EXPECT_EQ(result.exit_code, 2);
    const std::string message =
        "error[unwritable]: standard output: expected room for the output, found it closed or "
        "full\n  fix: send it where there is room\n";
    EXPECT_NE(result.err.find(message), std::string::npos) << result.err;
  }
  EXPECT_EQ(results(record())["status"], "completed") << "the record does not need the terminal";
}

TEST_F(BadInput, LossThatIsNotFiniteStopsAndKeepsTheRecord) {
  const auto result = host(tiny({"--json", "optimizer.lr=1e30"}));
  const std::string what =
      "org.clh.er 0.1.0 in observe, task 0 step 1: expected a finite loss, found nan";
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(result.err, "record: " + record().string() + "\nerror[not-finite]: " + what +
                            "\n  fix: lower the learning rate, or --on-nan=continue\n");
  const auto document = results(record());
  EXPECT_EQ(document["status"], "diverged");
  EXPECT_EQ(document["error"], what);
  EXPECT_NE(file_bytes(record() / "log.txt").find("diverged: " + what), std::string::npos);
  EXPECT_EQ(file_bytes(record() / "train.jsonl").find("{\"step\":0,"), 0U);
}

// One step of a finite loss, and the network answers NaN to everything.
TEST_F(BadInput, ADeadNetworkIsFoundThoughNoLossTells) {
  const auto result = host(tiny({"--json", "model=sgd", "stream.classes-per-task=10",
                                 "train.iterations=1", "optimizer.lr=1e38"}));
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_NE(result.err.find("error[not-finite]: org.clh.sgd 0.1.0 in "), std::string::npos)
      << result.err;
  EXPECT_EQ(results(record())["status"], "diverged");
}

TEST_F(BadInput, LossThatIsNotFiniteMayContinue) {
  const auto result = host(tiny({"--json", "optimizer.lr=1e30", "--on-nan=continue"}));
  EXPECT_EQ(result.exit_code, 2) << result.err;
  EXPECT_EQ(result.out, "");
  EXPECT_NE(result.err.find("loss nan"), std::string::npos) << result.err;
  EXPECT_NE(
      result.err.find("error[not-finite]: org.clh.er 0.1.0 in observe, task 0 step 1: expected "
                      "a finite loss, found nan\n  fix: lower the learning rate\n"),
      std::string::npos)
      << result.err;
  EXPECT_EQ(results(record())["status"], "diverged");
  EXPECT_EQ(results(record())["metrics"]["class-il/average-accuracy"], 0.0);
  const auto curve = file_bytes(record() / "train.jsonl");
  EXPECT_EQ(std::count(curve.begin(), curve.end(), '\n'), 25);
  EXPECT_NE(curve.find("\"loss\":null"), std::string::npos);
}

}  // namespace bad_input_test
}  // namespace clh::test
