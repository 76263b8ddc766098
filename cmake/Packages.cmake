# Debian packages, by 'cpack' in the folder of the build:
#
#   libiot-sdk2.2      what a program that is linked with the shared library needs when it runs
#   libiot-sdk2.2-dev  headers, archives and what finds them; one release's at a time
#   linkkit-sim        the local cloud, with LINKKIT_SIMULATOR=ON
#
# Configure with CMAKE_INSTALL_PREFIX=/usr, so that the libraries go where Debian has them.

set(LINKKIT_MAINTAINER "Link Kit in Rust <linkkit@example.com>" CACHE STRING
    "Who answers for the packages: name and address")

set(debian_version ${PROJECT_VERSION}-1)
set(debian_runtime libiot-sdk${LINKKIT_ABI})
set(debian_dev ${debian_runtime}-dev)
set(debian_simulator linkkit-sim)

set(components dev)
if(LINKKIT_SHARED)
    list(APPEND components runtime)
endif()
if(LINKKIT_SIMULATOR)
    list(APPEND components simulator)
endif()

# Each says what it is under a licence of, and what has changed. The date is that of the build, or
# SOURCE_DATE_EPOCH.
string(TIMESTAMP debian_date "%a, %d %b %Y %H:%M:%S +0000" UTC)
foreach(component IN LISTS components)
    set(package ${debian_${component}})
    set(folder ${PROJECT_BINARY_DIR}/debian/${package})
    configure_file(packaging/debian/changelog.in ${folder}/changelog.Debian @ONLY)
    execute_process(COMMAND gzip --best --no-name --force --keep ${folder}/changelog.Debian
                    COMMAND_ERROR_IS_FATAL ANY)
    install(FILES packaging/debian/copyright ${folder}/changelog.Debian.gz
            DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package}
            COMPONENT ${component} EXCLUDE_FROM_ALL)
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME linkkit)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "Link Kit for IoT devices, in Rust")
set(CPACK_PACKAGE_CONTACT "${LINKKIT_MAINTAINER}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL ${components})
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)

# What of the system is needed, dpkg-shlibdeps knows of this machine's libraries only.
set(on_system "")
if(CMAKE_CROSSCOMPILING)
    set(on_system "libc6, libgcc-s1")
    string(REGEX MATCH "^[^-]+" processor ${rust_target})
    set(architectures x86_64=amd64 i686=i386 armv7=armhf aarch64=arm64 riscv64gc=riscv64)
    list(FILTER architectures INCLUDE REGEX "^${processor}=")
    string(REGEX REPLACE ".*=" "" CPACK_DEBIAN_PACKAGE_ARCHITECTURE "${architectures}")
else()
    set(CPACK_DEBIAN_RUNTIME_PACKAGE_SHLIBDEPS ON)
    set(CPACK_DEBIAN_SIMULATOR_PACKAGE_SHLIBDEPS ON)
endif()

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME ${debian_runtime})
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_DEPENDS "${on_system}")
# CPack's scripts call ldconfig; Debian wants the trigger for it too.
set(control ${PROJECT_BINARY_DIR}/debian/control)
file(CONFIGURE OUTPUT ${control}/shlibs CONTENT
    "libiot_sdk @LINKKIT_ABI@ @debian_runtime@ (>= @PROJECT_VERSION@)\n" @ONLY)
file(CONFIGURE OUTPUT ${control}/triggers CONTENT "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA ${control}/shlibs ${control}/triggers)
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION
"The shared library, for programs of release ${LINKKIT_ABI}.
It connects devices to Alibaba Cloud's IoT platform by the interface of the
Link Kit C SDK, in the place of which it is linked.")

set(CPACK_DEBIAN_DEV_PACKAGE_NAME ${debian_dev})
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_PROVIDES libiot-sdk-dev)
# The releases' archives and headers have the same names.
set(CPACK_DEBIAN_DEV_PACKAGE_CONFLICTS libiot-sdk-dev)
if(LINKKIT_SHARED)
    set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "${debian_runtime} (= ${debian_version})")
endif()
set(CPACK_COMPONENT_DEV_DESCRIPTION
"Headers and archives, for programs of release ${LINKKIT_ABI}.
Firmware is compiled against them and linked with them. They have the names
that those of the Link Kit C SDK have.")

set(CPACK_DEBIAN_SIMULATOR_PACKAGE_NAME ${debian_simulator})
set(CPACK_DEBIAN_SIMULATOR_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_SIMULATOR_PACKAGE_DEPENDS "${on_system}")
set(CPACK_COMPONENT_SIMULATOR_DESCRIPTION
"A local cloud to develop firmware against.
It plays the platform on loopback: registration over HTTPS, and an MQTT
broker over TLS with the checks that the real one makes.")

include(CPack)
