//! Makes `exports/iot_export_errno.h`.

/// What the functions of the library return, where not a number of their own.
///
/// A code whose text starts with a name and a colon belongs to that part of the platform.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IOT_RETURN_CODES {
    /// Success.
    SUCCESS_RETURN = 0,
    /// Failure, for any reason.
    FAIL_RETURN = -1,
    /// A parameter is NULL.
    NULL_VALUE_ERROR = -2,
    /// HTTP: the server closed the connection.
    ERROR_HTTP_CLOSED = -3,
    /// HTTP: something failed.
    ERROR_HTTP = -4,
    /// HTTP: the server broke the protocol.
    ERROR_HTTP_PRTCL = -5,
    /// HTTP: the host name could not be resolved.
    ERROR_HTTP_UNRESOLVED_DNS = -6,
    /// HTTP: the URL is malformed.
    ERROR_HTTP_PARSE = -7,
    /// HTTP: the server could not be reached.
    ERROR_HTTP_CONN = -8,
    /// HTTP: a parameter is NULL.
    ERROR_NULL_VALUE = -9,
    /// HTTP: the exchange was broken off.
    ERROR_HTTP_BREAK = -10,
    /// Nothing is stored.
    ERROR_NO_PERSISTENCE = -11,
    /// Not supported.
    ERROR_NO_SUPPORT = -12,
    /// An acknowledgement of an unknown kind was to be sent.
    MQTT_PUBLISH_ACK_TYPE_ERROR = -13,
    /// The network failed.
    MQTT_NETWORK_ERROR = -14,
    /// UNSUBACK is malformed.
    MQTT_UNSUBSCRIBE_ACK_PACKET_ERROR = -15,
    /// PUBREL is malformed.
    MQTT_PUBLISH_REL_PACKET_ERROR = -16,
    /// PUBREC is malformed.
    MQTT_PUBLISH_REC_PACKET_ERROR = -17,
    /// PUBCOMP is malformed.
    MQTT_PUBLISH_COMP_PACKET_ERROR = -18,
    /// PUBACK is malformed.
    MQTT_PUBLISH_ACK_PACKET_ERROR = -19,
    /// The quality of service is not supported.
    MQTT_PUBLISH_QOS_ERROR = -20,
    /// PUBLISH could not be made.
    MQTT_PUBLISH_PACKET_ERROR = -21,
    /// UNSUBSCRIBE could not be sent.
    MQTT_UNSUBSCRIBE_PACKET_ERROR = -22,
    /// The broker granted another quality of service.
    MQTT_SUBSCRIBE_QOS_ERROR = -23,
    /// The broker refused the subscription.
    MQTT_SUBSCRIBE_ACK_FAILURE = -24,
    /// SUBACK is malformed.
    MQTT_SUBSCRIBE_ACK_PACKET_ERROR = -25,
    /// SUBSCRIBE could not be sent.
    MQTT_SUBSCRIBE_PACKET_ERROR = -26,
    /// The client is not connected.
    MQTT_STATE_ERROR = -27,
    /// The broker could not be reached.
    MQTT_NETWORK_CONNECT_ERROR = -28,
    /// CONNACK is malformed.
    MQTT_CONNECT_ACK_PACKET_ERROR = -29,
    /// CONNECT could not be sent.
    MQTT_CONNECT_PACKET_ERROR = -30,
    /// PINGREQ could not be sent.
    MQTT_PING_PACKET_ERROR = -31,
    /// A thread could not be created.
    MQTT_CREATE_THREAD_ERROR = -32,
    /// Connecting failed.
    MQTT_CONNECT_ERROR = -33,
    /// The device may not connect.
    MQTT_CONNACK_NOT_AUTHORIZED_ERROR = -34,
    /// The broker refused the user name or password.
    MQTT_CONNACK_BAD_USERDATA_ERROR = -35,
    /// The broker is not available.
    MQTT_CONNACK_SERVER_UNAVAILABLE_ERROR = -36,
    /// The broker refused the client id.
    MQTT_CONNACK_IDENTIFIER_REJECTED_ERROR = -37,
    /// The broker does not speak this version of MQTT.
    MQTT_CONANCK_UNACCEPTABLE_PROTOCOL_VERSION_ERROR = -38,
    /// The broker refused the connection for a reason that MQTT does not know.
    MQTT_CONNACK_UNKNOWN_ERROR = -39,
    /// The connection is lost, and connecting anew took too long.
    NETWORK_RECONNECT_TIMED_OUT_ERROR = -40,
    /// The topic is malformed.
    MQTT_TOPIC_FORMAT_ERROR = -41,
    /// Too many requests wait for their answers.
    MQTT_PUSH_TO_LIST_ERROR = -42,
    /// There is no such subscription.
    MQTT_SUB_INFO_NOT_FOUND_ERROR = -43,
    /// The host name could not be resolved.
    ERROR_NET_UNKNOWN_HOST = -300,
    /// The connection broke.
    ERROR_NET_CONN = -301,
    /// Sending failed.
    ERROR_NET_SEND = -302,
    /// Receiving failed.
    ERROR_NET_RECV = -303,
    /// A socket could not listen.
    ERROR_NET_LISTEN = -304,
    /// A socket could not be bound.
    ERROR_NET_BIND = -305,
    /// A socket could not be connected.
    ERROR_NET_CONNECT = -306,
    /// A socket could not be made.
    ERROR_NET_SOCKET = -307,
    /// A socket would not take its time-out.
    ERROR_NET_SETOPT_TIMEOUT = -308,
    /// The server's certificate is not trusted.
    ERROR_CERT_VERIFY_FAIL = -309,
    /// The network took too long.
    ERROR_NET_TIMEOUT = -310,
    /// There is no such device.
    ERROR_DEVICE_NOT_EXSIT = -311,
    /// The given memory is too small.
    ERROR_NO_ENOUGH_MEM = -1013,
    /// Memory could not be allocated.
    ERROR_MALLOC = -1014,
    /// The certificate has expired.
    ERROR_CERTIFICATE_EXPIRED = -1015,
    /// There is no memory left.
    ERROR_NO_MEM = -1016,
    /// Sub-device: the given memory is too small.
    ERROR_SUBDEV_MEMORY_NOT_ENOUGH = -1479,
    /// Sub-device: not possible in this state of the session.
    ERROR_SUBDEV_SESSION_STATE_FAIL = -1480,
    /// Sub-device: subscribing or unsubscribing failed.
    ERROR_SUBDEV_SUB_UNSUB_FAIL = -1481,
    /// Sub-device: the device is logged in already.
    ERROR_SUBDEV_HAS_BEEN_LOGIN = -1482,
    /// Sub-device: this kind of clean session is not supported.
    ERROR_SUBDEV_INVALID_CLEAN_SESSION_TYPE = -1483,
    /// Sub-device: a session could not be made.
    ERROR_SUBDEV_CREATE_SESSION_FAIL = -1484,
    /// Sub-device: the answer is malformed.
    ERROR_SUBDEV_REPLY_PARSE_FAIL = -1485,
    /// Sub-device: publishing failed.
    ERROR_SUBDEV_MQTT_PUBLISH_FAIL = -1486,
    /// Sub-device: a message could not be put together.
    ERROR_SUBDEV_PACKET_SPLICE_FAIL = -1487,
    /// Sub-device: this kind of registration is not supported.
    ERROR_SUBDEV_REGISTER_TYPE_NOT_DEF = -1488,
    /// Sub-device: a value in the answer is not the expected one.
    ERROR_SUBDEV_REPLY_VAL_CHECK = -1489,
    /// Sub-device: an answer came on an unknown topic.
    ERROR_SUBDEV_REPLY_TOPIC_NOT_MATCH = -1490,
    /// Sub-device: the answer could not be used.
    ERROR_SUBDEV_REPLY_PROC = -1491,
    /// Sub-device: the length of a message is wrong.
    ERROR_SUBDEV_MSG_LEN = -1492,
    /// Sub-device: the answer's data is longer than 1024 bytes.
    ERROR_SUBDEV_DATA_LEN_OVERFLOW = -1493,
    /// Sub-device: the answer lacks a value.
    ERROR_SUBDEV_GET_JSON_VAL = -1494,
    /// Sub-device: the kind of the answer is unknown.
    ERROR_SUBDEV_REPLY_TYPE_NOT_DEF = -1495,
    /// Sub-device: a handler for remote calls is set already.
    ERROR_SUBDEV_RRPC_CB_NOT_NULL = -1496,
    /// Sub-device: the device has no session.
    ERROR_SUBDEV_SESSION_NOT_FOUND = -1497,
    /// Sub-device: this is not a gateway's handle.
    ERROR_SUBDEV_INVALID_GATEWAY_HANDLE = -1498,
    /// Sub-device: a text is NULL or empty.
    ERROR_SUBDEV_STRING_NULL_VALUE = -1499,
    /// Sub-device: a value that should be NULL is not.
    ERROR_SUBDEV_NOT_NULL_VALUE = -1500,
    /// Sub-device: a value is NULL.
    ERROR_SUBDEV_NULL_VALUE = -1501,
    /// Shadow: not possible in this state.
    ERROR_SHADOW_INVALID_STATE = -2000,
    /// Shadow: too many updates wait for their answers.
    ERROR_SHADOW_WAIT_LIST_OVERFLOW = -2001,
    /// Shadow: the attribute exists already.
    ERROR_SHADOW_ATTR_EXIST = -2002,
    /// Shadow: there is no such attribute.
    ERROR_SHADOW_ATTR_NO_EXIST = -2003,
    /// Shadow: there are no attributes.
    ERROR_SHADOW_NO_ATTRIBUTE = -2004,
    /// Shadow: the cloud refused an update.
    ERROR_SHADOW_UPDATE_NACK = -2005,
    /// Shadow: the cloud did not answer an update in time.
    ERROR_SHADOW_UPDATE_TIMEOUT = -2006,
    /// Shadow: the type is unknown.
    ERROR_SHADOW_UNDEF_TYPE = -2007,
    /// Shadow: the message has no method.
    ERROR_SHADOW_NO_METHOD = -2008,
    /// Cloud: the answer took too long.
    ERROR_REPLY_TIMEOUT = -6099,
    /// Cloud: there is no such device.
    ERROR_DEVICE_NOT_FOUND = -6100,
    /// Cloud: a page holds less than 200 entries.
    ERROR_TOO_LARGE_PAGE_SIZE = -6101,
    /// Cloud: devices could not be counted.
    ERROR_DEVICE_COUNT_FAULT = -6102,
    /// Cloud: a device's details could not be had.
    ERROR_DEVICE_DETAIL_FAULT = -6103,
    /// Cloud: a list holds less than 200 entries.
    ERROR_TOO_LARGE_LIST_SIZE = -6104,
    /// Cloud: a list is empty.
    ERROR_LIST_SIZE_CANNOT_BE_ZERO = -6105,
    /// Cloud: a map holds less than 200 entries.
    ERROR_TOO_LARGE_MAP_SIZE = -6106,
    /// Cloud: a map is empty.
    ERROR_MAP_SIZE_CANNOT_BE_ZERO = -6107,
    /// Cloud: the device's status is wrong.
    ERROR_DEVICE_STATUS_FAULT = -6108,
    /// Cloud: the device's information is wrong.
    ERROR_DEVICE_INFO_FAULT = -6109,
    /// Cloud: properties could not be set.
    ERROR_SET_THING_PROPERTIES_ERROR = -6150,
    /// Cloud: a service could not be called.
    ERROR_INVOKE_THING_SERVICE_ERROR = -6151,
    /// Cloud: the product has no script.
    ERROR_SCRIPT_REL_NOT_EXIST = -6200,
    /// Cloud: the script gave no data.
    ERROR_SCRIPT_CONVERT_DATA_IS_NULL = -6201,
    /// Cloud: the device's product does not exist.
    ERROR_DEVICE_PRODUCT_NOT_EXIST = -6202,
    /// Cloud: there is no such topic.
    ERROR_TOPIC_NOT_EXIST = -6203,
    /// Cloud: the device is disabled.
    ERROR_DEVICE_IS_DISABLED = -6204,
    /// Cloud: the message service failed.
    ERROR_IOT_MESSAGE_ERROR = -6205,
    /// Cloud: the product has no such property.
    ERROR_PRODUCT_PROPERTY_NOT_EXIST = -6206,
    /// Cloud: the device's data is malformed.
    ERROR_DATA_FORMAT_ERROR = -6207,
    /// Cloud: the device is barred.
    ERROR_THING_STATUS_PROHIBITED = -6208,
    /// Cloud: the device is not active yet.
    ERROR_THING_STATUS_NOT_ACTIVE = -6209,
    /// Cloud: there is no such product.
    ERROR_PRODUCT_NOT_FOUND = -6250,
    /// Cloud: the device exists already.
    ERROR_DEVICE_EXISTS = -6251,
    /// Cloud: whether the device exists could not be found out.
    ERROR_JUDGE_DEVICE_EXISTS_ERROR = -6252,
    /// Cloud: the device could not be added.
    ERROR_ADD_DEVICE_FAILED = -6253,
    /// Cloud: the device could not be changed.
    ERROR_UPDATE_DEVICE_FAILED = -6254,
    /// Cloud: the device's place in its group could not be stored.
    ERROR_INSERT_DGR_FAILED = -6255,
    /// Cloud: the device could not be synchronized.
    ERROR_SYN_DEVICE_FAILED = -6256,
    /// Cloud: the product's domain is not allowed.
    ERROR_PRODUCT_DOMAIN_ILLEGAL = -6257,
    /// Cloud: the tenant id is not allowed.
    ERROR_TENANID_ILLEGAL = -6258,
    /// Cloud: the product's region is not allowed.
    ERROR_PRODUCT_REGION_ILLEGAL = -6259,
    /// Cloud: the product's kind of network is not allowed.
    ERROR_PRODUCT_NETTYPE_ILLEGAL = -6260,
    /// Cloud: the details of the application could not be stored.
    ERROR_INSERT_DEVICE_APPLY_DETAIL_FAILED = -6261,
    /// Cloud: the application's status could not be changed.
    ERROR_UPDATE_DEVICE_APPLY_STATUS_FAILED = -6262,
    /// Cloud: the device's place in its group could not be deleted.
    ERROR_DELERE_DGR_FAILED = -6263,
    /// Cloud: the device could not be deleted.
    ERROR_DELETE_DEVICE_FAILED = -6264,
    /// Cloud: the device's details could not be read.
    ERROR_QUERY_DEVICE_DETAIL_FAILED = -6265,
    /// Cloud: the number of devices could not be read.
    ERROR_QUERY_DEVICE_COUNT_FAILED = -6266,
    /// Cloud: the number of active devices could not be read.
    ERROR_QUERY_ACTIVE_DEVICE_COUNT_FAILED = -6267,
    /// Cloud: the application's group could not be stored.
    ERROR_INSERT_AGR_FAILED = -6268,
    /// Cloud: the application could not be read.
    ERROR_QUERY_DEVICE_APPLY_FAILED = -6269,
    /// Cloud: the product could not be read.
    ERROR_QUERY_PRODUCT_FAILED = -6270,
    /// Cloud: there is no such application.
    ERROR_DEVICE_APPLY_NOT_FOUND = -6271,
    /// Cloud: the identity could not be released.
    ERROR_RELEASE_TRIAD_FAILED = -6272,
    /// Cloud: the status of the application's details could not be changed.
    ERROR_UPDATE_DAD_STATUS_FAILED = -6273,
    /// Cloud: the LoRa device could not be registered.
    ERROR_REG_LORA_DEVICE_FAILED = -6274,
    /// Cloud: the application could not be synchronized.
    ERROR_SYN_APPLY_DEVICE_FAILED = -6275,
    /// Cloud: the device's place in its group could not be read.
    ERROR_QUERY_DGR_FAILED = -6276,
    /// Cloud: whether the device is in the group could not be found out.
    ERROR_JUDGE_DGR_FAILED = -6277,
    /// Cloud: the application's group could not be read.
    ERROR_QUERY_AGR_FAILED = -6278,
    /// Cloud: whether the application is in the group could not be found out.
    ERROR_JUDGE_AGR_FAILED = -6279,
    /// Cloud: the device name breaks the rules.
    ERROR_DEVICENAME_NOT_MEET_SPECS = -6280,
    /// Cloud: the application could not be deleted.
    ERROR_DELETE_APPLY_DEVICE_FAILED = -6281,
    /// Cloud: a device id could not be made.
    ERROR_GEN_DEVICEID_FAILED = -6282,
    /// Cloud: the application is not allowed.
    ERROR_APPLY_ILLEGAL = -6283,
    /// Cloud: LoRa devices cannot be created by number.
    ERROR_LORA_DEVICE_METHOD_ERROR = -6284,
    /// Cloud: the application is not ready.
    ERROR_APPLY_NOT_READY = -6285,
    /// Thing model: there is no such method.
    ERROR_DSL_PARSE_METHOD_NOT_EXIST = -6300,
    /// Thing model: parameters must be a JSON object or array.
    ERROR_DSL_PARSE_PARAMS_FORMAT_ERROR = -6301,
    /// Thing model: a parameter is empty.
    ERROR_DSL_PARSE_PARAMS_VALUE_EMPTY = -6302,
    /// Thing model: the number of parameters is wrong.
    ERROR_DSL_PARSE_PARAMS_NUMBER_ERROR = -6303,
    /// Thing model: there is no such parameter.
    ERROR_DSL_PARSE_PARAMS_NOT_EXIST = -6304,
    /// Thing model: a parameter has the wrong type.
    ERROR_DSL_PARSE_PARAMS_TYPE_ERROR = -6305,
    /// Thing model: an integer breaks its specification.
    ERROR_DSL_PARSE_INT_SPECS_ERROR = -6306,
    /// Thing model: a float breaks its specification.
    ERROR_DSL_PARSE_FLOAT_SPECS_ERROR = -6307,
    /// Thing model: a boolean breaks its specification.
    ERROR_DSL_PARSE_BOOL_SPECS_ERROR = -6308,
    /// Thing model: an enumeration breaks its specification.
    ERROR_DSL_PARSE_ENUM_SPECS_ERROR = -6309,
    /// Thing model: a string breaks its specification.
    ERROR_DSL_PARSE_STRING_SPECS_ERROR = -6310,
    /// Thing model: a date breaks its specification.
    ERROR_DSL_PARSE_DATE_SPECS_ERROR = -6311,
    /// Thing model: a structure breaks its specification.
    ERROR_DSL_PARSE_STRUCT_SPECS_ERROR = -6312,
    /// Thing model: the service is not available.
    ERROR_DSL_SERVICE_NOT_AVAILABLE = -6313,
    /// Thing model: a data type could not be read.
    ERROR_DSL_PARSE_DATA_TYPE_PARSE_ERROR = -6314,
    /// Thing model: the data does not fit the model.
    ERROR_DATA_NOT_SATISFY_DSL = -6315,
    /// Thing model: a number in a specification is malformed.
    ERROR_DSL_PARSE_SPECS_NUMBER_FORMAT_ERROR = -6316,
    /// Thing model: the template could not be read.
    ERROR_DSL_PARSE_TEMPLATE_ERROR = -6317,
    /// Thing model: something unexpected happened.
    ERROR_DSL_EXCEPTION = -6318,
    /// Thing model: the way to call an event is wrong.
    ERROR_DSL_PARSE_EVENT_CALL_TYPE_ERROR = -6319,
    /// Thing model: the template has no properties.
    ERROR_DSL_PARSE_NO_PROPERTY = -6320,
    /// Thing model: a property or parameter has no identifier. Shared with
    /// `ERROR_DSL_DEVICE_NOT_EXIST_IN_PRODUCT`.
    ERROR_DSL_PARSE_IDENTIFIER_IS_NULL = -6321,
    /// Thing model: a double breaks its specification.
    ERROR_DSL_PARSE_DOUBLE_SPECS_ERROR = -6322,
    /// Cloud: an event could not be stored.
    ERROR_EVENT_PUT_ERROR = -6350,
    /// Cloud: a service could not be stored.
    ERROR_SERVICE_PUT_ERROR = -6351,
    /// Cloud: an event could not be read.
    ERROR_DEVICE_GET_EVENT_FAULT = -6352,
    /// Cloud: the product's element exists already.
    ERROR_PRODUCT_KEY_ELEMENT_ALREADY_EXIST = -6353,
    /// Cloud: the gateway has too many sub-devices.
    ERROR_TOPO_RELATION_COUNT_EXCEED = -6400,
    /// Cloud: the device is not the gateway's sub-device.
    ERROR_TOPO_RELATION_NOT_EXIST = -6401,
    /// Cloud: a gateway cannot be its own sub-device.
    ERROR_TOPO_RELATION_CANNOT_ADD_BYSELF = -6402,
    /// Cloud: there is no such method.
    ERROR_ALINK_METHOD_NOT_EXIST = -6450,
    /// Cloud: there is no such group of devices.
    ERROR_DEVICE_GROUP_NOT_FOUND = -6550,
}

/// What the functions of the library return, where not a number of their own.
pub type iotx_err_t = IOT_RETURN_CODES;
