//! Which header holds what.

/// The headers of one release.
pub(crate) struct Release {
    /// The release's short number, which names its folders.
    pub(crate) name: &'static str,
    /// Its headers.
    pub(crate) headers: &'static [Header],
}

/// One C header. The text in `tools/headers/<release>/<path>`, if there is such a file, is what
/// cbindgen cannot write: it follows the includes.
pub(crate) struct Header {
    /// Where it is, below `include/<release>`.
    pub(crate) path: &'static str,
    /// The system's headers that it includes.
    pub(crate) system: &'static [&'static str],
    /// The headers of this table that it includes.
    pub(crate) includes: &'static [&'static str],
    /// The Rust files that it is made from.
    pub(crate) sources: &'static [&'static str],
    /// The types in those files that no function mentions.
    pub(crate) types: &'static [&'static str],
}

/// All releases.
pub(crate) const RELEASES: &[Release] =
    &[Release { name: "2.2", headers: V2_2 }, Release { name: "2.3", headers: V2_3 }];

const V2_2: &[Header] = &[
    Header {
        path: "iot_export.h",
        system: &["stdint.h"],
        includes: &[
            "exports/iot_export_errno.h",
            "exports/iot_export_mqtt.h",
            "exports/iot_export_event.h",
        ],
        sources: &[
            "src/capi/release/identity.rs",
            "src/capi/release/v2_2/options.rs",
            "src/capi/release/v2_2/export.rs",
            "src/capi/release/v2_2/log.rs",
            "src/capi/log.rs",
            "src/capi/conninfo.rs",
            "src/capi/ioctl.rs",
        ],
        types: &[
            "iotx_cloud_domain_types_t",
            "iotx_ioctl_option_t",
            "iotx_device_info_pt",
            "iotx_conn_info_pt",
        ],
    },
    ERRNO,
    EVENT,
    Header {
        path: "exports/iot_export_mqtt.h",
        system: &["stdint.h"],
        includes: &[],
        sources: &[
            "src/capi/release/enums.rs",
            "src/capi/release/message.rs",
            "src/capi/release/v2_2/mqtt.rs",
            "src/capi/release/v2_2/client.rs",
            "src/capi/mqtt.rs",
        ],
        types: &["iotx_mqtt_event_handle_pt", "iotx_mqtt_param_pt"],
    },
    Header {
        path: "iot_import.h",
        system: IMPORT_SYSTEM,
        includes: &["iot_export.h", "imports/iot_import_config.h", "imports/iot_import_product.h"],
        sources: &["src/capi/release/enums.rs", "src/hal/import.rs"],
        types: &[],
    },
    CONFIG,
    Header {
        path: "imports/iot_import_product.h",
        system: &[],
        // The functions of the product's port are declared there, with all others of the HAL.
        includes: &["iot_import.h"],
        sources: &["src/capi/release/product.rs", "src/capi/release/v2_2/product.rs"],
        types: &[],
    },
    forward("imports/iot_import_crypt.h"),
];

const V2_3: &[Header] = &[
    Header {
        path: "iot_export.h",
        system: &["stdint.h"],
        includes: &[
            "exports/iot_export_compat.h",
            "exports/iot_export_errno.h",
            "exports/iot_export_mqtt.h",
            "exports/iot_export_event.h",
            "exports/iot_export_state.h",
        ],
        sources: &[
            "src/capi/release/identity.rs",
            "src/capi/release/v2_3/options.rs",
            "src/capi/release/v2_3/export.rs",
            "src/capi/release/v2_3/events.rs",
            "src/capi/release/v2_3/log.rs",
            "src/capi/log.rs",
            "src/capi/conninfo.rs",
            "src/capi/ioctl.rs",
        ],
        types: &[
            "iotx_device_info_t",
            "iotx_cloud_region_types_t",
            "iotx_ioctl_option_t",
            "iotx_ioctl_event_t",
            "iotx_conn_info_pt",
            "iotx_ioctl_set_subdev_sign_t",
            "iotx_ioctl_get_subdev_info_t",
        ],
    },
    Header {
        path: "exports/iot_export_compat.h",
        system: &[],
        includes: &[],
        sources: &[],
        types: &[],
    },
    ERRNO,
    EVENT,
    Header {
        path: "exports/iot_export_state.h",
        system: &[],
        includes: &[],
        sources: &["src/capi/release/v2_3/state.rs"],
        types: &[],
    },
    Header {
        path: "exports/iot_export_mqtt.h",
        system: &["stdint.h"],
        includes: &[],
        sources: &[
            "src/capi/release/enums.rs",
            "src/capi/release/message.rs",
            "src/capi/release/v2_3/mqtt.rs",
            "src/capi/release/v2_3/client.rs",
            "src/capi/mqtt.rs",
        ],
        types: &["iotx_mqtt_event_handle_pt", "iotx_mqtt_param_pt"],
    },
    Header {
        path: "iot_import.h",
        system: IMPORT_SYSTEM,
        includes: &["iot_export.h", "imports/iot_import_config.h", "imports/iot_import_product.h"],
        sources: &[
            "src/capi/release/enums.rs",
            "src/capi/release/v2_3/files.rs",
            "src/hal/import.rs",
            "src/capi/release/v2_3/hal.rs",
        ],
        types: &["hal_fs_seek_type_t"],
    },
    CONFIG,
    Header {
        path: "imports/iot_import_product.h",
        system: &[],
        includes: &["iot_import.h"],
        sources: &["src/capi/release/product.rs", "src/capi/release/v2_3/product.rs"],
        types: &[],
    },
    forward("imports/iot_import_crypt.h"),
    forward("imports/iot_import_ota.h"),
    forward("imports/iot_import_tcp.h"),
    forward("imports/iot_import_tls.h"),
    forward("imports/iot_import_udp.h"),
];

const ERRNO: Header = Header {
    path: "exports/iot_export_errno.h",
    system: &[],
    includes: &[],
    sources: &["src/capi/release/errno.rs"],
    types: &["iotx_err_t"],
};

const EVENT: Header = Header {
    path: "exports/iot_export_event.h",
    system: &[],
    includes: &[],
    sources: &["src/capi/event.rs"],
    types: &["iotx_event_t"],
};

const CONFIG: Header = Header {
    path: "imports/iot_import_config.h",
    system: &[],
    includes: &[],
    sources: &[],
    types: &[],
};

/// Firmware gets these through `iot_import.h` and does not include them itself.
const IMPORT_SYSTEM: &[&str] = &["stdio.h", "stdint.h", "stdlib.h", "stdarg.h", "inttypes.h"];

/// A header whose functions are declared with all others of the HAL.
const fn forward(path: &'static str) -> Header {
    Header { path, system: &[], includes: &["iot_import.h"], sources: &[], types: &[] }
}
