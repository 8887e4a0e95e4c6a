# Text files as C++ string literals: included, it defines clh_embed_text(); run as a script with
# `cmake -P`, it writes the source file that the function asked for.

# clh_embed_text(<target> HEADER <header> TYPE <struct> FUNCTION <name> [BASE <dir>] FILES <file>...)
# Adds to <target> a generated source that defines `std::vector<TYPE> clh::core::FUNCTION()`: one
# {name without extension, text} per file, in the order given. <header> declares both. With BASE,
# files are relative to that folder, and a name is the whole path below it.
function(clh_embed_text target)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "HEADER;TYPE;FUNCTION;BASE" "FILES")
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${arg_FUNCTION}.cpp)
  set(folder ${CMAKE_CURRENT_SOURCE_DIR})
  if(arg_BASE)
    set(folder ${arg_BASE})
  endif()
  list(TRANSFORM arg_FILES PREPEND ${folder}/)
  list(JOIN arg_FILES "|" joined)
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${output} -DHEADER=${arg_HEADER} -DTYPE=${arg_TYPE}
            -DFUNCTION=${arg_FUNCTION} -DBASE=${arg_BASE} -DFILES=${joined} -P ${CMAKE_CURRENT_FUNCTION_LIST_FILE}
    DEPENDS ${arg_FILES} ${CMAKE_CURRENT_FUNCTION_LIST_FILE}
    COMMENT "Embedding ${arg_FUNCTION}"
    VERBATIM)
  # The rule belongs to this directory, the target perhaps to another one.
  add_custom_target(${target}_${arg_FUNCTION} DEPENDS ${output})
  set_source_files_properties(${output} TARGET_DIRECTORY ${target} PROPERTIES GENERATED TRUE)
  target_sources(${target} PRIVATE ${output})
  add_dependencies(${target} ${target}_${arg_FUNCTION})
endfunction()

if(NOT CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
  return()
endif()

set(code "// Generated from text files; edit those.\n#include \"${HEADER}\"\n\nnamespace clh::core {\n\n")
string(APPEND code "std::vector<${TYPE}> ${FUNCTION}() {\n  return {\n")
string(REPLACE "|" ";" FILES "${FILES}")
foreach(file IN LISTS FILES)
  file(READ ${file} text)
  get_filename_component(name ${file} NAME_WLE)
  if(BASE)
    file(RELATIVE_PATH name ${BASE} ${file})
  endif()
  string(APPEND code "      {\"${name}\", R\"clh(${text})clh\"},\n")
endforeach()
string(APPEND code "  };\n}\n\n}  // namespace clh::core\n")
file(WRITE ${OUTPUT} "${code}")
