SUMMARY = "A drop-in replacement of Alibaba Cloud's Link Kit C SDK"
LICENSE = "Apache-2.0"
LIC_FILES_CHKSUM = "file://LICENSE;md5=3b83ef96387f14655fc854ddc3c6bd57"

# Where the source is, a site's linkkit_%.bbappend says: LINKKIT_URI = "https://…/linkkit-${PV}.tar.gz", and
# its SRC_URI[sha256sum].
LINKKIT_URI ?= "file://linkkit-${PV}.tar.gz"
SRC_URI = "${LINKKIT_URI}"

# The crates, made by 'bitbake -c update_crates linkkit', which does not happen before the first build.
include ${BPN}-crates.inc

inherit cmake cargo_common cargo-update-recipe-crates pkgconfig

DEPENDS += "cargo-native rust-native ${RUSTLIB_DEP}"

# The release of the C SDK: 2.2 or 2.3.
LINKKIT_ABI ?= "2.2"

EXTRA_OECMAKE = "\
    -DLINKKIT_ABI=${LINKKIT_ABI} \
    -DLINKKIT_RUST_TARGET=${RUST_HOST_SYS} \
    -DCARGO=${STAGING_BINDIR_NATIVE}/cargo \
    -DRUSTC=${STAGING_BINDIR_NATIVE}/rustc \
"

do_configure:prepend() {
    cargo_common_do_configure
}

do_compile:prepend() {
    export RUSTFLAGS="${RUSTFLAGS}"
    export RUST_TARGET_PATH="${RUST_TARGET_PATH}"
}

# Of the shared library the name without a version is in a folder of its own.
FILES:${PN}-dev += "${libdir}/linkkit ${libdir}/cmake ${datadir}/linkkit"
