# 64-bit ARM, by Debian's gcc-aarch64-linux-gnu and libc6-dev-arm64-cross:
#   rustup target add aarch64-unknown-linux-gnu
#   cmake -B build -DCMAKE_TOOLCHAIN_FILE=cmake/toolchains/aarch64.cmake
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(LINKKIT_RUST_TARGET aarch64-unknown-linux-gnu CACHE STRING "The Rust target")

# Tools are this machine's, libraries and headers the other's.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
