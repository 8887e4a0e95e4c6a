// StreamPlan: which samples, labels and transform make up each task. It holds indices only; the
// same labels, options and seed give the same plan for every method, batch size and machine.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "core/stream/sample_list.hpp"

namespace clh::core {

/// What a stream builder may know of a dataset.
/// Owner:   the labels belong to the caller and outlive this.
struct DatasetLabels {
  const std::int64_t* train_labels = nullptr;  // [n_train], original class ids
  std::int64_t n_train = 0;
  const std::int64_t* test_labels = nullptr;  // [n_test]
  std::int64_t n_test = 0;
  std::int64_t n_classes = 0;
  std::vector<std::string> class_names;    // [n_classes], or empty
  std::vector<std::int64_t> sample_shape;  // images: {C, H, W}
};

struct TaskPlan {
  std::string name;                     // for people; not part of the hash
  std::vector<std::int64_t> classes;    // original class ids, in class order
  std::vector<std::int64_t> outputs;    // output indices of this task, ascending
  std::vector<std::int64_t> label_map;  // [n_classes] -> output index, -1 = not in this task
  SampleList train;                     // sample indices into the training split, ascending
  SampleList test;                      // sample indices into the test split, ascending
  SampleList valid;                     // held-out training samples, ascending
  std::vector<std::int32_t> pixel_map;  // [H * W of the result]: out[i] = in[pixel_map[i]] in
                                        // every channel, -1 = zero; empty = identity
  std::string transform = "none";       // for people; not part of the hash
};

struct StreamPlan {
  std::vector<TaskPlan> tasks;
  std::vector<std::vector<int>> experiences;  // task numbers trained together, in training order
  std::int64_t n_outputs = 0;                 // outputs of a fixed head
  std::vector<std::int64_t> outputs_after;    // [experiences] largest output so far + 1
  std::string scenario;                       // class-il, domain-il, task-il or task-free
  std::vector<std::int64_t> sample_shape;     // after the transform
};

/// Sets the experiences and, from them, outputs_after.
/// Errors:  Error `bad-data` if a task has no training or no test sample.
void set_experiences(StreamPlan& plan, std::vector<std::vector<int>> experiences);

/// {{0}, {1}, ...}: each task is an experience of its own.
std::vector<std::vector<int>> one_by_one(const StreamPlan& plan);

/// SHA-256, 64 lower-case hex digits, over all numbers in the order of the members; a list or text
/// is preceded by its length, each number is 8 bytes, little-endian. A task's takes in the hashes
/// of its sample lists, a plan's those of its tasks.
std::string hash(const TaskPlan& task);
std::string hash(const StreamPlan& plan);

/// The name of an original class, its number where the dataset names none.
std::string class_name(const DatasetLabels& labels, std::int64_t class_id);

}  // namespace clh::core
