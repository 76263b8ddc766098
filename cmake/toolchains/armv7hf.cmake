# ARMv7 with hardware floating point, by Debian's gcc-arm-linux-gnueabihf and libc6-dev-armhf-cross:
#   rustup target add armv7-unknown-linux-gnueabihf
#   cmake -B build -DCMAKE_TOOLCHAIN_FILE=cmake/toolchains/armv7hf.cmake
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR armv7)
set(CMAKE_C_COMPILER arm-linux-gnueabihf-gcc)
set(LINKKIT_RUST_TARGET armv7-unknown-linux-gnueabihf CACHE STRING "The Rust target")

# Tools are this machine's, libraries and headers the other's.
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
