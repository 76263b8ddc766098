#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| iot_sdk::fuzzing::kv(data));
