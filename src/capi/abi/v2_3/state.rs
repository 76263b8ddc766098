//! Makes `exports/iot_export_state.h`: the codes that states have.

use std::ffi::c_int;

/// Where all codes start.
pub const STATE_BASE: c_int = 0;

/// State: success.
pub const STATE_SUCCESS: c_int = 0;

/// Where the codes of this group start: user input.
pub const STATE_USER_INPUT_BASE: c_int = -0x0100;

/// State: user input null pointer.
pub const STATE_USER_INPUT_NULL_POINTER: c_int = -0x0101;

/// State: user input out range.
pub const STATE_USER_INPUT_OUT_RANGE: c_int = -0x0102;

/// Where the codes of this group start: sys depend.
pub const STATE_SYS_DEPEND_BASE: c_int = -0x0200;

/// State: sys depend malloc.
pub const STATE_SYS_DEPEND_MALLOC: c_int = -0x0201;

/// State: sys depend kv get.
pub const STATE_SYS_DEPEND_KV_GET: c_int = -0x0202;

/// State: sys depend kv set.
pub const STATE_SYS_DEPEND_KV_SET: c_int = -0x0203;

/// State: sys depend kv delete.
pub const STATE_SYS_DEPEND_KV_DELETE: c_int = -0x0204;

/// State: sys depend timer create.
pub const STATE_SYS_DEPEND_TIMER_CREATE: c_int = -0x0205;

/// State: sys depend timer start.
pub const STATE_SYS_DEPEND_TIMER_START: c_int = -0x0206;

/// State: sys depend timer stop.
pub const STATE_SYS_DEPEND_TIMER_STOP: c_int = -0x0207;

/// State: sys depend timer delete.
pub const STATE_SYS_DEPEND_TIMER_DELETE: c_int = -0x0208;

/// State: sys depend mutex create.
pub const STATE_SYS_DEPEND_MUTEX_CREATE: c_int = -0x0209;

/// State: sys depend mutex lock.
pub const STATE_SYS_DEPEND_MUTEX_LOCK: c_int = -0x020A;

/// State: sys depend mutex unlock.
pub const STATE_SYS_DEPEND_MUTEX_UNLOCK: c_int = -0x020B;

/// State: sys depend nwk close.
pub const STATE_SYS_DEPEND_NWK_CLOSE: c_int = -0x020C;

/// State: sys depend nwk timeout.
pub const STATE_SYS_DEPEND_NWK_TIMEOUT: c_int = -0x020D;

/// State: sys depend nwk invalid handle.
pub const STATE_SYS_DEPEND_NWK_INVALID_HANDLE: c_int = -0x020E;

/// Where the codes of this group start: mqtt.
pub const STATE_MQTT_BASE: c_int = -0x0300;

/// State: mqtt connack version unaccept.
pub const STATE_MQTT_CONNACK_VERSION_UNACCEPT: c_int = -0x0301;

/// State: mqtt connack ident reject.
pub const STATE_MQTT_CONNACK_IDENT_REJECT: c_int = -0x0302;

/// State: mqtt connack service na.
pub const STATE_MQTT_CONNACK_SERVICE_NA: c_int = -0x0303;

/// State: mqtt connack not authorized.
pub const STATE_MQTT_CONNACK_NOT_AUTHORIZED: c_int = -0x0304;

/// State: mqtt connack bad userdata.
pub const STATE_MQTT_CONNACK_BAD_USERDATA: c_int = -0x0305;

/// Where the codes of this group start: wifi.
pub const STATE_WIFI_BASE: c_int = -0x0400;

/// Where the codes of this group start: coap.
pub const STATE_COAP_BASE: c_int = -0x0500;

/// Where the codes of this group start: http.
pub const STATE_HTTP_BASE: c_int = -0x0600;

/// Where the codes of this group start: ota.
pub const STATE_OTA_BASE: c_int = -0x0700;

/// Where the codes of this group start: bind.
pub const STATE_BIND_BASE: c_int = -0x0800;

/// State: bind set app token.
pub const STATE_BIND_SET_APP_TOKEN: c_int = -0x0801;

/// State: bind already reset.
pub const STATE_BIND_ALREADY_RESET: c_int = -0x0802;

/// State: bind report token.
pub const STATE_BIND_REPORT_TOKEN: c_int = -0x0803;

/// State: bind report token timeout.
pub const STATE_BIND_REPORT_TOKEN_TIMEOUT: c_int = -0x0804;

/// State: bind report token success.
pub const STATE_BIND_REPORT_TOKEN_SUCCESS: c_int = -0x0805;

/// State: bind coap init fail.
pub const STATE_BIND_COAP_INIT_FAIL: c_int = -0x0806;

/// State: bind notify token sent.
pub const STATE_BIND_NOTIFY_TOKEN_SENT: c_int = -0x0807;

/// State: bind recv token query.
pub const STATE_BIND_RECV_TOKEN_QUERY: c_int = -0x0808;

/// State: bind sent token resp.
pub const STATE_BIND_SENT_TOKEN_RESP: c_int = -0x0809;

/// State: bind rst in progress.
pub const STATE_BIND_RST_IN_PROGRESS: c_int = -0x080A;

/// State: bind mqtt msg invalid.
pub const STATE_BIND_MQTT_MSG_INVALID: c_int = -0x080B;

/// State: bind coap msg invalid.
pub const STATE_BIND_COAP_MSG_INVALID: c_int = -0x080C;

/// Where the codes of this group start: dev model.
pub const STATE_DEV_MODEL_BASE: c_int = -0x0900;

/// Where the codes of this group start: sub device.
pub const STATE_SUB_DEVICE_BASE: c_int = -0x0A00;
