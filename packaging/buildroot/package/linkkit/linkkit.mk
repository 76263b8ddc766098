################################################################################
#
# linkkit
#
################################################################################

LINKKIT_VERSION = 0.1.0
LINKKIT_SITE = $(call qstrip,$(BR2_PACKAGE_LINKKIT_SITE))
LINKKIT_LICENSE = Apache-2.0
LINKKIT_LICENSE_FILES = LICENSE
LINKKIT_INSTALL_STAGING = YES
LINKKIT_SUPPORTS_IN_SOURCE_BUILD = NO
LINKKIT_DEPENDENCIES = host-rustc

# The crates come with the source, since nothing is fetched while it is built.
LINKKIT_DOWNLOAD_POST_PROCESS = cargo
LINKKIT_DOWNLOAD_DEPENDENCIES = host-rustc

LINKKIT_CONF_ENV = $(PKG_CARGO_ENV)
LINKKIT_MAKE_ENV = $(PKG_CARGO_ENV)
LINKKIT_CONF_OPTS = \
	-DCARGO=$(HOST_DIR)/bin/cargo \
	-DRUSTC=$(HOST_DIR)/bin/rustc \
	-DLINKKIT_RUST_TARGET=$(RUSTC_TARGET_NAME) \
	-DLINKKIT_ABI=$(if $(BR2_PACKAGE_LINKKIT_2_3),2.3,2.2) \
	-DLINKKIT_SHARED=$(if $(BR2_STATIC_LIBS),OFF,ON)

$(eval $(cmake-package))
