#include "core/record/results_json.hpp"

#include <cmath>

#include "core/files/atomic_file.hpp"
#include "core/metrics/metric_table.hpp"

namespace clh::core {
namespace {

using Json = nlohmann::ordered_json;

Json number_or_null(const std::optional<double>& value) {
  return value ? Json(*value) : Json();
}

Json matrix_json(const AccuracyMatrix& matrix, const std::vector<std::string>& task_names) {
  Json names = Json::array(), samples = Json::array(), first_row = Json::array();
  Json initial = Json::array(), rows = Json::array();
  for (std::size_t column = 0; column < matrix.columns(); ++column) {
    names.push_back(task_names.at(column));
    samples.push_back(matrix.test_samples(column));
    first_row.push_back(matrix.first_row(column));
    initial.push_back(number_or_null(matrix.initial(column)));
  }
  for (std::size_t row = 0; row < matrix.rows(); ++row) {
    Json cells = Json::array();
    for (std::size_t column = 0; column < matrix.columns(); ++column) {
      cells.push_back(number_or_null(matrix.at(row, column)));
    }
    rows.push_back(std::move(cells));
  }
  return {{"task-names", names},
          {"test-samples", samples},
          {"first-row", first_row},
          {"initial", initial},
          {"rows", rows}};
}

Json timing_json(const Timing& timing) {
  return {{"data-seconds", timing.data_seconds},
          {"training-seconds", timing.training_seconds},
          {"evaluation-seconds", timing.evaluation_seconds},
          {"wall-seconds", timing.wall_seconds},
          {"steps", timing.steps}};
}

Json environment_json(const Environment& environment) {
  Json plugins = Json::array();
  for (const auto& plugin : environment.plugins) {
    plugins.push_back({{"kind", plugin.kind},
                       {"name", plugin.name},
                       {"id", plugin.id},
                       {"version", plugin.version},
                       {"sha256", plugin.sha256},
                       {"path", plugin.path},
                       {"fingerprint", plugin.fingerprint}});
  }
  return {
      {"cl-host-version", environment.cl_host_version},
      {"torch-version", environment.torch_version},
      {"blas", environment.blas},
      {"cpu-model", environment.cpu_model},
      {"cpu-capability", environment.cpu_capability},
      {"threads", environment.threads},
      {"compiler", environment.compiler},
      {"os", environment.os},
      {"plugins", plugins},
      {"dataset", {{"name", environment.dataset.name}, {"sha256", environment.dataset.sha256}}}};
}

}  // namespace

nlohmann::ordered_json results_document(const RunRecord& record) {
  Json metrics = Json::object(), definitions = Json::object(), undefined = Json::object();
  Json matrices = Json::object();
  for (const auto& [scenario, matrix] : record.matrices) {
    for (const auto& metric : final_metrics(scenario, matrix)) {
      metrics[metric.key] = metric.value;
      definitions[metric.key] = metric.definition_id;
    }
    for (const auto& metric : undefined_metrics(scenario, matrix)) {
      undefined[metric.key] = metric.reason;
    }
    matrices[scenario] = matrix_json(matrix, record.task_names);
  }
  for (const auto& [name, value] : record.model_metrics) {
    if (std::isfinite(value)) {
      metrics["model/" + name] = value;
      definitions["model/" + name] = "model.reported";
    }
  }
  Json document;
  document["schema"] = {{"name", "cl-host results"}, {"version", record.schema_version}};
  document["status"] = record.status;
  if (!record.error.empty()) {
    document["error"] = record.error;
  }
  document["metrics"] = std::move(metrics);
  document["definitions"] = std::move(definitions);
  document["undefined"] = std::move(undefined);
  document["notes"] = Json(record.notes);
  document["matrices"] = std::move(matrices);
  document["timing"] = timing_json(record.timing);
  document["environment"] = environment_json(record.environment);
  document["config"] = record.config.is_null() ? Json::object() : Json(record.config);
  return document;
}

std::string results_text(const RunRecord& record) {
  return results_document(record).dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

void write_results(const std::filesystem::path& path, const RunRecord& record) {
  write_file_atomically(path, results_text(record));
}

}  // namespace clh::core
