//! Which header holds what.

/// One C header. The text in `tools/headers/2.2/<path>`, if there is such a file, is what cbindgen
/// cannot write: it follows the includes.
pub(crate) struct Header {
    /// Where it is, below `include/2.2`.
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

/// All headers of release 2.2.1.
pub(crate) const HEADERS: &[Header] = &[
    Header {
        path: "iot_export.h",
        system: &["stdint.h"],
        includes: &["exports/iot_export_errno.h", "exports/iot_export_mqtt.h"],
        sources: &[
            "src/capi/release/v2_2/enums.rs",
            "src/capi/release/v2_2/export.rs",
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
    Header {
        path: "exports/iot_export_errno.h",
        system: &[],
        includes: &[],
        sources: &["src/capi/release/v2_2/errno.rs"],
        types: &["iotx_err_t"],
    },
    Header {
        path: "exports/iot_export_mqtt.h",
        system: &["stdint.h"],
        includes: &[],
        sources: &[
            "src/capi/release/v2_2/enums.rs",
            "src/capi/release/v2_2/mqtt.rs",
            "src/capi/mqtt.rs",
        ],
        types: &["iotx_mqtt_event_handle_pt", "iotx_mqtt_param_pt"],
    },
    Header {
        path: "iot_import.h",
        // Firmware gets these through this header and does not include them itself.
        system: &["stdio.h", "stdint.h", "stdlib.h", "stdarg.h", "inttypes.h"],
        includes: &["iot_export.h", "imports/iot_import_config.h", "imports/iot_import_product.h"],
        sources: &[
            "src/capi/release/v2_2/enums.rs",
            "src/capi/release/v2_2/import.rs",
            "src/hal/import.rs",
        ],
        types: &["NetworkAddr"],
    },
    Header {
        path: "imports/iot_import_config.h",
        system: &[],
        includes: &[],
        sources: &[],
        types: &[],
    },
    Header {
        path: "imports/iot_import_product.h",
        system: &[],
        // The functions of the product's port are declared there, with all others of the HAL.
        includes: &["iot_import.h"],
        sources: &["src/capi/release/v2_2/product.rs"],
        types: &[],
    },
];
