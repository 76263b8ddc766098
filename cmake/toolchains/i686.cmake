# 32-bit x86, by Debian's gcc-i686-linux-gnu and libc6-dev-i386-cross:
#   rustup target add i686-unknown-linux-gnu
#   cmake -B build -DCMAKE_TOOLCHAIN_FILE=cmake/toolchains/i686.cmake
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR i686)
set(CMAKE_C_COMPILER i686-linux-gnu-gcc)
set(LINKKIT_RUST_TARGET i686-unknown-linux-gnu CACHE STRING "The Rust target")

# Tools are this machine's, libraries and headers the other's.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
