# Says before the build, and in words, what the Rust that was found is too old for.

# linkkit_require_rust(<rustc> <minimum>)
function(linkkit_require_rust rustc minimum)
    execute_process(COMMAND ${rustc} --version OUTPUT_VARIABLE version COMMAND_ERROR_IS_FATAL ANY)
    if(NOT version MATCHES "^rustc ([0-9.]+)")
        message(FATAL_ERROR "${rustc} does not say its version but: ${version}")
    endif()
    if(CMAKE_MATCH_1 VERSION_LESS minimum)
        message(FATAL_ERROR
            "Rust ${minimum} or later is needed, and ${rustc} is ${CMAKE_MATCH_1}. Get a later one by "
            "'rustup update stable', or name another: -DCARGO=<path> -DRUSTC=<path>.")
    endif()
endfunction()
