# cmake -P: derives Rust targets from what CMake and C compilers say of theirs.
cmake_minimum_required(VERSION 3.20)
include(${CMAKE_CURRENT_LIST_DIR}/../../cmake/RustTarget.cmake)

function(expect processor machine target)
    linkkit_derive_rust_target(derived "${processor}" "${machine}")
    if(NOT "${derived}" STREQUAL "${target}")
        message(SEND_ERROR "${processor}, ${machine}: '${derived}' in the place of '${target}'")
    endif()
endfunction()

expect(x86_64 x86_64-linux-gnu x86_64-unknown-linux-gnu)
expect(AMD64 x86_64-pc-linux-gnu x86_64-unknown-linux-gnu)
expect(aarch64 aarch64-linux-gnu aarch64-unknown-linux-gnu)
expect(arm64 aarch64-poky-linux-musl aarch64-unknown-linux-musl)
expect(aarch64 aarch64-poky-linux aarch64-unknown-linux-gnu)
expect(armv7l arm-linux-gnueabihf armv7-unknown-linux-gnueabihf)
expect(armv7-a arm-openwrt-linux-muslgnueabi "")
expect(armv7 arm-buildroot-linux-musleabihf armv7-unknown-linux-musleabihf)
expect(i686 i686-linux-gnu i686-unknown-linux-gnu)
expect(riscv64 riscv64-linux-gnu riscv64gc-unknown-linux-gnu)

# The core of an arm may be older than what the armv7 targets run on.
expect(arm arm-linux-gnueabihf "")
# The ABI of a compiler for 32 bits on a processor of 64.
expect(x86_64 x86_64-linux-gnux32 "")
# Which of its many kinds a mips is.
expect(mips mipsel-linux-gnu "")
expect(aarch64 aarch64-none-elf "")
expect("" "" "")
