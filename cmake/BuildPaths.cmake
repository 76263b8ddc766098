# Keeps the folders of the machine that builds out of what it builds.

include(CheckCCompilerFlag)

# linkkit_hide_build_paths(<c flags> <rust flags> <rustc>)
#
# Sets the first variable to the C compiler's flags that replace the folders of the crates, the
# sources and the build by names that are the same everywhere, the second to rustc's.
function(linkkit_hide_build_paths c_variable rust_variable rustc)
    set(cargo_home "$ENV{CARGO_HOME}")
    if(NOT cargo_home)
        set(cargo_home $ENV{HOME}/.cargo)
    endif()

    # Of two that fit the later counts, and the build may be inside of the sources.
    set(mapping "")
    foreach(pair "${cargo_home}=/cargo"
                 "${PROJECT_SOURCE_DIR}=/linkkit"
                 "${PROJECT_BINARY_DIR}=/linkkit-build")
        string(REGEX MATCH "^(.*)=(.*)$" found "${pair}")
        # A compiler names its working folder by where links lead to, and files as they were given.
        file(REAL_PATH "${CMAKE_MATCH_1}" real)
        list(APPEND mapping "${real}=${CMAKE_MATCH_2}" "${pair}")
    endforeach()
    list(REMOVE_DUPLICATES mapping)

    # Since GCC 8 and clang 10; with an older one the folders stay in the debug information.
    check_c_compiler_flag(-ffile-prefix-map=/from=/to LINKKIT_HAVE_FILE_PREFIX_MAP)
    set(c_flags "")
    if(LINKKIT_HAVE_FILE_PREFIX_MAP)
        list(TRANSFORM mapping PREPEND -ffile-prefix-map= OUTPUT_VARIABLE c_flags)
    endif()
    set(${c_variable} "${c_flags}" PARENT_SCOPE)

    # Where the source of the standard library is installed, rustc names it by its folder there.
    execute_process(COMMAND ${rustc} --print sysroot OUTPUT_VARIABLE sysroot
                    OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    execute_process(COMMAND ${rustc} --version --verbose OUTPUT_VARIABLE version
                    COMMAND_ERROR_IS_FATAL ANY)
    if(version MATCHES "commit-hash: ([0-9a-f]+)")
        list(APPEND mapping "${sysroot}/lib/rustlib/src/rust=/rustc/${CMAKE_MATCH_1}")
    endif()
    list(TRANSFORM mapping PREPEND --remap-path-prefix= OUTPUT_VARIABLE rust_flags)
    set(${rust_variable} "${rust_flags}" PARENT_SCOPE)
endfunction()

# linkkit_pass_rust_flags(<environment> <options> <target> <flag>...)
#
# Sets the first variable to what has to be in the environment of cargo, and the second to cargo's
# options, for rustc to get the flags beside those that it gets anyway.
function(linkkit_pass_rust_flags environment_variable options_variable target)
    set(flags ${ARGN})
    set(environment "")
    set(options "")
    # Cargo takes flags from the environment, else from its configuration, never from both.
    if(DEFINED ENV{RUSTFLAGS})
        separate_arguments(given UNIX_COMMAND "$ENV{RUSTFLAGS}")
        string(ASCII 31 separator)
        list(JOIN given "${separator}" given)
        list(JOIN flags "${separator}" flags)
        set(environment "CARGO_ENCODED_RUSTFLAGS=${given}${separator}${flags}")
    else()
        list(JOIN flags "','" flags)
        set(options --config "target.${target}.rustflags=['${flags}']")
    endif()
    set(${environment_variable} "${environment}" PARENT_SCOPE)
    set(${options_variable} "${options}" PARENT_SCOPE)
endfunction()
