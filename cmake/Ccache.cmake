# Compiles through ccache where it is installed, so that another clone on this machine finds what this
# one compiled: paths below the clone count relative to it, the folder of the build not at all.
find_program(CLH_CCACHE ccache DOC "compiler cache; empty = none")
if(CLH_CCACHE)
  foreach(language C CXX)
    if(NOT CMAKE_${language}_COMPILER_LAUNCHER)
      set(CMAKE_${language}_COMPILER_LAUNCHER
          ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=true
          ${CLH_CCACHE})
    endif()
  endforeach()
endif()
