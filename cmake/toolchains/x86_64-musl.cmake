# x86-64 with musl, for programs without any shared library, by Debian's musl-tools:
#   rustup target add x86_64-unknown-linux-musl
#   cmake -B build -DCMAKE_TOOLCHAIN_FILE=cmake/toolchains/x86_64-musl.cmake
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_C_COMPILER musl-gcc)
set(LINKKIT_RUST_TARGET x86_64-unknown-linux-musl CACHE STRING "The Rust target")

# Tools are this machine's, libraries and headers the other's.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)

# Firmware links by musl-gcc -static.
set(LINKKIT_SHARED OFF CACHE BOOL "Build and install the shared library beside the archives")
