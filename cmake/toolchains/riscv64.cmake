# 64-bit RISC-V, by Debian's gcc-riscv64-linux-gnu and libc6-dev-riscv64-cross:
#   rustup target add riscv64gc-unknown-linux-gnu
#   cmake -B build -DCMAKE_TOOLCHAIN_FILE=cmake/toolchains/riscv64.cmake
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR riscv64)
set(CMAKE_C_COMPILER riscv64-linux-gnu-gcc)
set(LINKKIT_RUST_TARGET riscv64gc-unknown-linux-gnu CACHE STRING "The Rust target")

# Tools are this machine's, libraries and headers the other's.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
