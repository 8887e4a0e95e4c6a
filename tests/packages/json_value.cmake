# cmake -DFILE=results.json "-DKEYS=metrics;class-il/average-accuracy" -P json_value.cmake
# Prints one value of a JSON file, so that a test needs no other tool for it.
file(READ ${FILE} text)
string(JSON value GET "${text}" ${KEYS})
execute_process(COMMAND ${CMAKE_COMMAND} -E echo "${value}")
