//! Which header holds what.

/// The headers of one release.
pub(crate) struct Release {
    /// The release's short number, which names its folders.
    pub(crate) name: &'static str,
    /// Its headers.
    pub(crate) headers: &'static [Header],
}

/// One C header.
///
/// What cbindgen cannot write follows the includes: the text in `tools/headers/<release>/<path>`,
/// then the text that all releases have, in `tools/headers/shared/<path>`; either file may be
/// missing. So are declared above all the functions that are not supported yet, because they have
/// no types in Rust.
pub(crate) struct Header {
    /// Where it is, below `include/<release>`.
    pub(crate) path: &'static str,
    /// The system's headers that it includes.
    pub(crate) system: &'static [&'static str],
    /// The headers of this table that it includes.
    pub(crate) includes: &'static [&'static str],
    /// Those that it includes at its end, because they need its types.
    pub(crate) late_includes: &'static [&'static str],
    /// The public items of the Rust sources that it holds, in their order: names, starts of names and
    /// `*`, or the ends of modules' paths and `::*`.
    pub(crate) items: &'static [&'static str],
}

/// The modules that have items for C, below the repository's root.
pub(crate) const MODULES: &[&str] = &["src/capi", "src/hal/c/decl", "src/hal/c/enums"];

/// All releases.
pub(crate) const RELEASES: &[Release] =
    &[Release { name: "2.2", headers: V2_2 }, Release { name: "2.3", headers: V2_3 }];

const V2_2: &[Header] = &[
    Header {
        system: &["stdint.h"],
        includes: &[
            "exports/iot_export_errno.h",
            "exports/iot_export_mqtt.h",
            "exports/iot_export_event.h",
        ],
        late_includes: &[
            "exports/iot_export_shadow.h",
            "exports/iot_export_coap.h",
            "exports/iot_export_ota.h",
            "exports/iot_export_http.h",
            "exports/iot_export_subdev.h",
            "exports/iot_export_itls.h",
        ],
        items: &[
            "_IOT_LogLevel",
            "IOT_LogLevel",
            "IOTX_CLOUD_DOMAIN_TYPES",
            "iotx_cloud_domain_types_t",
            "iotx_ioctl_option_t",
            "shared/identity::*",
            "iotx_device_info_pt",
            "iotx_conn_info_*",
            "IOT_OpenLog",
            "IOT_CloseLog",
            "IOT_SetLogLevel",
            "IOT_DumpMemoryStats",
            "IOT_SetupConnInfo",
            "LINKKIT_IOCTL_*",
            "IOT_Ioctl",
        ],
        ..named("iot_export.h")
    },
    ERRNO,
    EVENT,
    Header {
        system: &["stdint.h"],
        items: &[
            "iotx_mqtt_qos_t",
            "iotx_mqtt_event_type_t",
            "MUTLI_SUBSCIRBE_MAX",
            "iotx_mqtt_topic_info_*",
            "iotx_mqtt_event_msg_*",
            "iotx_mqtt_event_handle_*",
            "iotx_mqtt_param_*",
            "IOT_MQTT_Construct",
            "IOT_MQTT_Destroy",
            "IOT_MQTT_Subscribe",
            "IOT_MQTT_Subscribe_Sync",
            "IOT_MQTT_Yield",
            "IOT_MQTT_LogPost",
            "IOT_MQTT_CheckStateNormal",
            "IOT_MQTT_Unsubscribe",
            "IOT_MQTT_Publish",
        ],
        ..named("exports/iot_export_mqtt.h")
    },
    SHADOW,
    COAP,
    OTA,
    HTTP,
    Header { includes: &["iot_export.h"], ..named("exports/iot_export_subdev.h") },
    // At the end, since it renames what is declared before.
    Header {
        system: &["stddef.h"],
        includes: &["iot_export.h"],
        ..named("exports/iot_export_itls.h")
    },
    HTTP2,
    Header {
        includes: &["exports/iot_export_http2.h"],
        ..named("exports/iot_export_file_uploader.h")
    },
    LINKKIT,
    named("exports/iot_export_awss.h"),
    Header { system: &["stdint.h", "unistd.h"], ..named("exports/linkkit_export.h") },
    GATEWAY,
    Header {
        system: &["stdio.h", "stdint.h", "stdlib.h", "stdarg.h", "inttypes.h"],
        includes: IMPORT_INCLUDES,
        items: &[
            "hal_os_thread_priority_t",
            "AES_DIR_t",
            "decl/types::*",
            "decl/system::*",
            "decl/identity::*",
            "decl/store::*",
            "decl/tcp::*",
            "decl/ssl::*",
            "decl/udp::*",
            "decl/timer::*",
            "decl/firmware::*",
            "decl/crypt::*",
            "decl/device::*",
            "decl/trust::*",
        ],
        ..named("iot_import.h")
    },
    CONFIG,
    Header {
        // The functions of the product's port are declared there, with all others of the HAL.
        includes: &["iot_import.h"],
        items: &["shared/product::*", "FIRMWARE_VERSION_MAXLEN"],
        ..named("imports/iot_import_product.h")
    },
    AWSS_PORT,
    DTLS_PORT,
    forward("imports/iot_import_coap.h"),
    forward("imports/iot_import_crypt.h"),
    UTILS,
    LITE_UTILS,
    JSON_PARSER,
];

const V2_3: &[Header] = &[
    Header {
        system: &["stdint.h"],
        includes: &[
            "exports/iot_export_compat.h",
            "exports/iot_export_errno.h",
            "exports/iot_export_mqtt.h",
            "exports/iot_export_event.h",
            "exports/iot_export_state.h",
        ],
        late_includes: &[
            "exports/iot_export_awss.h",
            "exports/iot_export_shadow.h",
            "exports/iot_export_coap.h",
            "exports/iot_export_ota.h",
            "exports/iot_export_http.h",
            "exports/iot_export_http2.h",
            "exports/iot_export_http2_stream.h",
        ],
        items: &[
            "shared/identity::*",
            "_IOT_LogLevel",
            "IOT_LogLevel",
            "IOTX_CLOUD_REGION_TYPES",
            "iotx_cloud_region_types_t",
            "iotx_ioctl_option_t",
            "iotx_ioctl_event_t",
            "iotx_conn_info_*",
            "iotx_ioctl_set_subdev_sign_t",
            "iotx_ioctl_get_subdev_info_t",
            "state_handler_t",
            "iotx_state_event",
            "iotx_event_callback",
            "iotx_register_for_ITE_*",
            "IOT_SetLogLevel",
            "IOT_DumpMemoryStats",
            "IOT_SetupConnInfo",
            "LINKKIT_IOCTL_*",
            "IOT_Ioctl",
        ],
        ..named("iot_export.h")
    },
    named("exports/iot_export_compat.h"),
    ERRNO,
    EVENT,
    Header { items: &["STATE_*"], ..named("exports/iot_export_state.h") },
    Header {
        system: &["stdint.h"],
        items: &[
            "iotx_mqtt_qos_t",
            "iotx_mqtt_event_type_t",
            "MUTLI_SUBSCIRBE_MAX",
            "iotx_mqtt_topic_info_*",
            "iotx_mqtt_event_msg_*",
            "iotx_mqtt_event_handle_*",
            "iotx_mqtt_param_*",
            "IOT_MQTT_Construct",
            "IOT_MQTT_Destroy",
            "IOT_MQTT_Subscribe",
            "IOT_MQTT_Subscribe_Sync",
            "IOT_MQTT_Publish_Simple",
            "IOT_MQTT_Yield",
            "IOT_MQTT_LogPost",
            "IOT_MQTT_CheckStateNormal",
            "IOT_MQTT_Unsubscribe",
            "IOT_MQTT_Publish",
        ],
        ..named("exports/iot_export_mqtt.h")
    },
    SHADOW,
    COAP,
    OTA,
    HTTP,
    HTTP2,
    Header {
        includes: &["exports/iot_export_http2.h"],
        ..named("exports/iot_export_http2_stream.h")
    },
    LINKKIT,
    named("exports/iot_export_awss.h"),
    Header { system: &["stdint.h"], ..named("exports/linkkit_export.h") },
    GATEWAY,
    Header {
        system: &["stdio.h", "string.h", "stdint.h", "stdlib.h", "stdarg.h", "inttypes.h"],
        includes: IMPORT_INCLUDES,
        items: &[
            "hal_os_thread_priority_t",
            "AES_DIR_t",
            "hal_fs_seek_type_t",
            "decl/types::*",
            "decl/system::*",
            "decl/identity::*",
            "decl/store::*",
            "decl/tcp::*",
            "decl/ssl::*",
            "decl/udp::*",
            "decl/timer::*",
            "decl/firmware::*",
            "decl/crypt::*",
            "decl/device::*",
            "decl/trust::*",
            "decl/since_2_3::*",
        ],
        ..named("iot_import.h")
    },
    CONFIG,
    Header {
        includes: &["iot_import.h"],
        items: &["shared/product::*", "FIRMWARE_VERSION_MAXLEN", "NIF_STRLEN_MAX"],
        ..named("imports/iot_import_product.h")
    },
    AWSS_PORT,
    DTLS_PORT,
    forward("imports/iot_import_crypt.h"),
    forward("imports/iot_import_ota.h"),
    forward("imports/iot_import_tcp.h"),
    forward("imports/iot_import_tls.h"),
    forward("imports/iot_import_udp.h"),
    UTILS,
    LITE_UTILS,
    JSON_PARSER,
];

const ERRNO: Header =
    Header { items: &["IOT_RETURN_CODES", "iotx_err_t"], ..named("exports/iot_export_errno.h") };

const EVENT: Header = Header {
    items: &["iotx_event_t", "iotx_event_regist_cb", "iotx_event_post"],
    ..named("exports/iot_export_event.h")
};

const SHADOW: Header = Header {
    system: &["sys/types.h", "stdint.h"],
    includes: &["exports/iot_export_errno.h", "exports/iot_export_mqtt.h"],
    ..named("exports/iot_export_shadow.h")
};

const COAP: Header = Header { includes: &["iot_export.h"], ..named("exports/iot_export_coap.h") };

const OTA: Header = Header { includes: &["iot_import.h"], ..named("exports/iot_export_ota.h") };

const HTTP: Header = Header { includes: &["iot_export.h"], ..named("exports/iot_export_http.h") };

const HTTP2: Header = Header { system: &["stdint.h"], ..named("exports/iot_export_http2.h") };

/// Two types are those of the other header of the device model.
const GATEWAY: Header = Header {
    system: &["sys/types.h"],
    includes: &["exports/linkkit_export.h"],
    ..named("exports/linkkit_gateway_export.h")
};

const LINKKIT: Header = Header {
    includes: &["iot_export.h", "imports/iot_import_product.h"],
    ..named("exports/iot_export_linkkit.h")
};

const CONFIG: Header = named("imports/iot_import_config.h");

const AWSS_PORT: Header = Header {
    system: &["stdint.h"],
    includes: &["iot_import.h"],
    ..named("imports/iot_import_awss.h")
};

const DTLS_PORT: Header = Header {
    system: &["stdio.h", "stdlib.h", "stddef.h", "stdarg.h", "stdint.h"],
    ..named("imports/iot_import_dtls.h")
};

const UTILS: Header = Header {
    system: &["stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h"],
    ..forward("iotx_utils.h")
};

/// Where releases 2.0 and 2.1 have what is in `iotx_utils.h` later.
const LITE_UTILS: Header = Header { includes: &["iotx_utils.h"], ..named("lite-utils.h") };

const JSON_PARSER: Header = Header { includes: &["iotx_utils.h"], ..named("json_parser.h") };

const IMPORT_INCLUDES: &[&str] = &[
    "iot_export.h",
    "imports/iot_import_config.h",
    "imports/iot_import_product.h",
    "imports/iot_import_awss.h",
    "imports/iot_import_dtls.h",
];

/// A header that is its text alone.
const fn named(path: &'static str) -> Header {
    Header { path, system: &[], includes: &[], late_includes: &[], items: &[] }
}

/// A header whose functions are declared with all others of the HAL, or which builds on those.
const fn forward(path: &'static str) -> Header {
    Header { includes: &["iot_import.h"], ..named(path) }
}
