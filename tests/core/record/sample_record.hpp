#pragma once

#include "core/record/run_record.hpp"

namespace clh::core {

/// Makes a record of two tasks whose second row is unfinished in task-il: small enough for expected
/// texts written by hand.
inline RunRecord sample_record() {
  AccuracyMatrix class_il({100, 300});
  class_il.set(0, 0, 0.75);
  class_il.set(1, 0, 0.5);
  class_il.set(1, 1, 0.25);
  AccuracyMatrix task_il({100, 300});
  task_il.set_initial(0, 0.5);
  task_il.set(0, 0, 1.0);
  task_il.set(0, 1, 0.1);
  task_il.set(1, 1, 0.9);

  RunRecord record;
  record.status = "completed";
  record.matrices.emplace("class-il", class_il);
  record.matrices.emplace("task-il", task_il);
  record.task_names = {"zero, one", "two"};
  record.timing = {0.5, 2.25, 0.125, 3.0, 1200};
  record.environment.cl_host_version = "0.1.0";
  record.environment.blas = "/usr/lib/libblas.so.3";
  record.environment.threads = 1;
  record.environment.plugins.push_back(
      {"model", "er", "org.clh.er", "1.0.0", "ab12", "/opt/er.so", "torch=1.13"});
  record.environment.dataset = {"fashion-mnist", "cd34"};
  record.config = {{"model", {{"name", "er"}, {"buffer-size", 500}}}};
  return record;
}

}  // namespace clh::core
