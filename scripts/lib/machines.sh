# To be sourced: the machines that the library is for, and what stands in for each of them on an
# x86-64 Debian.

# name, Rust target, prefix of the C compiler, Debian's name of the architecture, what runs programs
machines="
x86-64        x86_64-unknown-linux-gnu       -                    -        -
i686          i686-unknown-linux-gnu         i686-linux-gnu       i386     ld-linux.so.2
armv7         armv7-unknown-linux-gnueabihf  arm-linux-gnueabihf  armhf    qemu-arm
aarch64       aarch64-unknown-linux-gnu      aarch64-linux-gnu    arm64    qemu-aarch64
riscv64       riscv64gc-unknown-linux-gnu    riscv64-linux-gnu    riscv64  qemu-riscv64
x86-64-musl   x86_64-unknown-linux-musl      -                    -        -
aarch64-musl  aarch64-unknown-linux-musl     aarch64-linux-gnu    arm64    -
armv5te       armv5te-unknown-linux-gnueabi  arm-linux-gnueabi    armel    -
mipsel        mipsel-unknown-linux-gnu       mipsel-linux-gnu     mipsel   -
"

machine_names() {
    awk 'NF { print $1 }' <<<"$machines"
}

# Sets what the functions below are about: machine, target, prefix, arch, runner and cc.
choose_machine() {
    read -r machine target prefix arch runner < <(awk -v name="$1" '$1 == name' <<<"$machines") || {
        echo "There is no machine '$1'; there are:" $(machine_names) >&2
        return 1
    }
    case $machine in
        x86-64) cc=cc ;;
        x86-64-musl) cc=musl-gcc ;;
        *) cc=$prefix-gcc ;;
    esac
    case $runner in
        -) runner= ;;
        ld-*) runner="/usr/$prefix/lib/$runner --library-path /usr/$prefix/lib" ;;
        *) runner="$runner -L /usr/$prefix" ;;
    esac
}

# Whether programs for it can be run.
runs_here() {
    [[ -n $runner || $machine == x86-64* ]]
}

# What `need` is to install for the machines.
packages_of() {
    local name
    for name in "$@"; do
        choose_machine "$name"
        case $cc in
            cc) echo cc:gcc ;;
            musl-gcc) echo musl-gcc:musl-tools ;;
            *) echo "$cc:gcc-$prefix" "/usr/$prefix/include/stdio.h:libc6-dev-$arch-cross" ;;
        esac
        [[ $runner != qemu-* ]] || echo "${runner%% *}:qemu-user"
    done
}

# Has cargo and the tests build for the machine and start programs as its runner does.
use_machine() {
    local name=${target//-/_}
    [[ $machine == x86-64 ]] && return
    export LINKKIT_TARGET=$target "CC_$name=$cc" "CARGO_TARGET_${name^^}_LINKER=$cc"
    [[ -z $runner ]] || export "CARGO_TARGET_${name^^}_RUNNER=$runner"
}

# Runs rustup, or says where to get it.
run_rustup() {
    if ! command -v rustup >/dev/null; then
        echo "Missing: rustup, for 'rustup $*'. Get it from https://rustup.rs" >&2
        return 1
    fi
    rustup "$@"
}

# Gets Rust's standard library for the machine.
need_std() {
    local libdir
    libdir=$(rustc --print target-libdir --target "$target")
    compgen -G "$libdir/libcore-*.rlib" >/dev/null || run_rustup target add "$target"
}

# Gets the sources of Rust's standard library.
need_std_sources() {
    [[ -d $(rustc --print sysroot)/lib/rustlib/src/rust/library ]] || run_rustup component add rust-src
}
