/* Two names share a number, which a Rust enumeration does not allow. */
#define ERROR_DSL_DEVICE_NOT_EXIST_IN_PRODUCT ERROR_DSL_PARSE_IDENTIFIER_IS_NULL
