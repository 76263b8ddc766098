# Derives the Rust target of a cross build, where processor and compiler leave no doubt.

# linkkit_derive_rust_target(<variable> <processor> <machine>)
#
# <processor>: CMAKE_SYSTEM_PROCESSOR; <machine>: what the C compiler says to -dumpmachine, such as
# aarch64-linux-gnu. Sets the variable to the target, or to nothing where several would fit.
function(linkkit_derive_rust_target variable processor machine)
    string(TOLOWER "${processor}" processor)
    set(target "")
    # No word on the C library is GNU's, by convention.
    if(machine MATCHES "-linux(-(gnu|musl)([^-]*))?$")
        set(libc ${CMAKE_MATCH_2})
        set(abi "${CMAKE_MATCH_3}")
        if(NOT libc)
            set(libc gnu)
        endif()

        if(abi MATCHES "^eabi(hf)?$")
            # Which of the older cores an arm is nobody says.
            if(processor MATCHES "^armv7")
                set(target armv7-unknown-linux-${libc}${abi})
            endif()
        elseif(NOT abi STREQUAL "")
            # An ABI of its own, such as x32.
        elseif(processor MATCHES "^(x86_64|amd64)$")
            set(target x86_64-unknown-linux-${libc})
        elseif(processor MATCHES "^(aarch64|arm64)$")
            set(target aarch64-unknown-linux-${libc})
        elseif(processor STREQUAL "i686")
            set(target i686-unknown-linux-${libc})
        elseif(processor STREQUAL "riscv64")
            set(target riscv64gc-unknown-linux-${libc})
        endif()
    endif()
    set(${variable} "${target}" PARENT_SCOPE)
endfunction()

# linkkit_find_rust_target(<variable> <rustc>)
#
# The target to build for: LINKKIT_RUST_TARGET, or the host's, or the derived one. Ends the
# configuration with words on what to do when there is none or its standard library is missing.
function(linkkit_find_rust_target variable rustc)
    set(target "${LINKKIT_RUST_TARGET}")
    if(NOT target AND NOT CMAKE_CROSSCOMPILING)
        execute_process(COMMAND ${rustc} --version --verbose
                        OUTPUT_VARIABLE version COMMAND_ERROR_IS_FATAL ANY)
        string(REGEX MATCH "host: ([^\n]+)" host "${version}")
        set(target ${CMAKE_MATCH_1})
    elseif(NOT target)
        execute_process(COMMAND ${CMAKE_C_COMPILER} -dumpmachine
                        OUTPUT_VARIABLE machine OUTPUT_STRIP_TRAILING_WHITESPACE)
        if(CMAKE_C_COMPILER_TARGET)
            set(machine ${CMAKE_C_COMPILER_TARGET})
        endif()
        linkkit_derive_rust_target(target "${CMAKE_SYSTEM_PROCESSOR}" "${machine}")
        if(NOT target)
            message(FATAL_ERROR
                "Several Rust targets fit the processor '${CMAKE_SYSTEM_PROCESSOR}' and the "
                "compiler for '${machine}', or none does. Name the right one, as in "
                "-DLINKKIT_RUST_TARGET=arm-unknown-linux-gnueabihf; "
                "'rustc --print target-list' lists them.")
        endif()
    endif()

    execute_process(COMMAND ${rustc} --print target-libdir --target ${target}
                    OUTPUT_VARIABLE libdir OUTPUT_STRIP_TRAILING_WHITESPACE
                    RESULT_VARIABLE unknown ERROR_VARIABLE why)
    if(unknown)
        message(FATAL_ERROR "Rust does not know the target '${target}': ${why}")
    endif()
    file(GLOB core "${libdir}/libcore-*.rlib")
    if(NOT core)
        message(FATAL_ERROR
            "Rust's standard library for '${target}' is not installed. Get it by: "
            "rustup target add ${target}")
    endif()
    set(${variable} ${target} PARENT_SCOPE)
endfunction()

# linkkit_find_unwinder(<variable> <rustc> <target>)
#
# The folder of the libunwind.a that Rust ships for a musl target, outside of the archives it makes.
function(linkkit_find_unwinder variable rustc target)
    execute_process(COMMAND ${rustc} --print target-libdir --target ${target}
                    OUTPUT_VARIABLE libdir OUTPUT_STRIP_TRAILING_WHITESPACE
                    COMMAND_ERROR_IS_FATAL ANY)
    if(NOT EXISTS ${libdir}/self-contained/libunwind.a)
        message(FATAL_ERROR "Rust's unwinder is missing: ${libdir}/self-contained/libunwind.a")
    endif()
    set(${variable} ${libdir}/self-contained PARENT_SCOPE)
endfunction()
