# Trains as experiment.toml says and compares the accuracy of the last row with a bound.
#   cmake -DHOST=<cl-host> -DPLUGIN=<file>.so -DABOVE=<fraction> -P experiment_test.cmake
execute_process(
  COMMAND ${HOST} train ${CMAKE_CURRENT_LIST_DIR}/experiment.toml --plugin ${PLUGIN} --json
          run.record=false
  OUTPUT_VARIABLE results
  RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "cl-host train: expected exit code 0, found ${status}")
endif()
string(JSON accuracy GET "${results}" metrics class-il/average-accuracy)
if(NOT accuracy GREATER ABOVE)
  message(FATAL_ERROR "average accuracy: expected more than ${ABOVE}, found ${accuracy}")
endif()
message(STATUS "average accuracy ${accuracy}, more than ${ABOVE}")
