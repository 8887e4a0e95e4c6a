// Datasets: what info says without the files, and data that agree with it.
#include <clh/error.hpp>

#include <cstring>

#include "core/abi/dataset_info.hpp"
#include "core/abi/error_text.hpp"
#include "core/error.hpp"
#include "core/instances/dataset_proxy.hpp"
#include "core/validate/bad_inputs.hpp"
#include "core/validate/component_checks.hpp"
#include "core/validate/raw_instance.hpp"

namespace clh::core {
namespace {

[[noreturn]] void skip_missing(const Error& e) {
  if (e.slug() != "missing-data") {
    throw e;
  }
  throw CheckSkipped{std::string(e.what()) + (e.fix().empty() ? "" : "; " + e.fix())};
}

/// The dataset opened. Errors: CheckSkipped when its files are missing.
class Opened final {
 public:
  Opened(Workshop& workshop, const ProvidedComponent& provided)
      : bench_(workshop, workshop.seed()),
        dataset_(bench_.run(), bench_.choose(CLH_DATASET, workshop.full_name(provided))) {
    try {
      dataset_.open();
    } catch (const Error& e) {
      skip_missing(e);
    }
  }
  SplitData load(std::int32_t split) const {
    try {
      return dataset_.load(split);
    } catch (const Error& e) {
      skip_missing(e);
    }
  }
  const clh_dataset_info& info() const { return dataset_.info(); }

 private:
  Bench bench_;
  DatasetProxy dataset_;
};

std::string check_info(Workshop& workshop, const ProvidedComponent& provided) {
  RawInstance raw(workshop, provided);
  const auto& table = raw.table<clh_dataset_vt>();
  const auto* info = table.info(raw.self());
  expect(info != nullptr && info->struct_size == sizeof(clh_dataset_info),
         "an info of this ABI without the files", info == nullptr ? "none" : "another size");
  expect_none(dataset_info_defect(*info, -1));
  expect(info->n_classes >= 2, "at least two classes", std::to_string(info->n_classes));
  for (std::int64_t i = 0; info->classes != nullptr && i < info->n_classes; ++i) {
    expect(info->classes[i][0] != '\0', "a name for each class",
           "none for class " + std::to_string(i));
  }
  expect(info->how != nullptr && info->how[0] != '\0', "advice for missing files (how)", "none");
  expect(info->license != nullptr && info->license[0] != '\0', "the data's license", "none");
  return std::to_string(info->n_classes) + " classes";
}

std::string check_data(Workshop& workshop, const ProvidedComponent& provided) {
  const Opened dataset(workshop, provided);
  const auto& info = dataset.info();
  // A bound like 0.1 is another number in float32 than in double.
  const auto bound = [&](double value) {
    return info.dtype == CLH_F32 ? static_cast<double>(static_cast<float>(value)) : value;
  };
  std::string text;
  for (const std::int32_t split : {CLH_TRAIN, CLH_TEST}) {
    const auto data = dataset.load(split);  // checks shapes, dtypes, sizes, labels, finite values
    expect(data.size() > 0, "samples to train on and to test", "none");
    const auto low = data.inputs.min().item<double>(), high = data.inputs.max().item<double>();
    expect(low >= bound(info.low) && high <= bound(info.high),
           "values from " + std::to_string(info.low) + " to " + std::to_string(info.high),
           std::to_string(low) + " to " + std::to_string(high));
    text += (text.empty() ? "" : " + ") + std::to_string(data.size());
  }
  return text + " samples";
}

std::string check_missing_files(Workshop& workshop, const ProvidedComponent& provided) {
  const auto& component = workshop.component(provided);
  for (std::uint32_t i = 0; i < component.n_params; ++i) {
    if (component.params[i].type != CLH_PATH) {
      continue;
    }
    ConfigTable options;
    options.set(component.params[i].name, ConfigValue{std::string("/nonexistent/folder")});
    Bench bench(workshop, workshop.seed());
    DatasetProxy dataset(bench.run(),
                         bench.choose(CLH_DATASET, workshop.full_name(provided), options));
    try {
      dataset.open();
      static_cast<void>(dataset.load(CLH_TRAIN));
    } catch (const Error& e) {
      expect(e.slug() == "missing-data", "the status CLH_E_IO for missing files", e.slug());
      expect(std::string(e.what()).find("/nonexistent/folder") != std::string::npos,
             "a message that names the missing file", e.what());
      return "";
    }
    throw CheckFailed{"an error for files that are not there", "data"};
  }
  throw CheckSkipped{"it has no option for a path"};
}

std::string check_dataset_bad_input(Workshop& workshop, const ProvidedComponent& provided) {
  const Opened available(workshop, provided);
  RawInstance raw(workshop, provided);
  const auto get = workshop.component(provided).get_extension;
  const auto* bulk = get == nullptr
                         ? nullptr
                         : static_cast<const clh_dataset_bulk_ext*>(get("clh.dataset.bulk/1"));
  const auto& table = raw.table<clh_dataset_vt>();
  auto error = empty_error();
  expect(table.open(raw.self(), &error) == CLH_OK, "files that open", message_of(error));
  if (table.get == nullptr) {
    expect(bulk != nullptr, "get or clh.dataset.bulk/1", "neither");
    throw CheckSkipped{"it has no get"};
  }
  const clh_dataset_info* given = table.info(raw.self());
  expect(given != nullptr, "an info", "none");
  const auto info = read_dataset_info(*given);
  expect_none(dataset_info_defect(info, -1));
  std::vector<double> x(static_cast<std::size_t>(value_count(info.sample)), 7.5);
  const auto kept = x;
  for (const std::int64_t index : {std::int64_t{-1}, std::int64_t{1} << 40}) {
    std::int64_t label = 77;
    error = empty_error();
    const auto status = table.get(raw.self(), CLH_TRAIN, &index, 1, x.data(), &label, &error);
    expect(status != CLH_OK, "an error for sample " + std::to_string(index), "a sample");
    expect_failure_form("get", status, error);
    expect(label == 77 && x == kept, "nothing written by a failing get (rule R4)", "another value");
  }
  return "";
}

}  // namespace

std::vector<ComponentCheck> dataset_checks() {
  return {
      {"behave.info", "info without the files", check_info},
      {"behave.data", "samples and labels that agree with info", check_data},
      {"behave.missing", "an error that says what is missing", check_missing_files},
      {"behave.bad-input", "an error for a sample that does not exist", check_dataset_bad_input},
  };
}

}  // namespace clh::core
