//! `c_examples/mqtt-example.c` against the cloud: its first boot is compared with the recording of
//! one that was linked with the C SDK 2.2.1, and later boots with what a device may expect.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

mod support;

use linkkit_sim::Cloud;
use linkkit_sim::trace::{Entry, Event};
use serde_json::{Value, json};
use support::transcript::{assert_same, check_registration, hmac_sha256};
use support::{DEVICE_NAME, Firmware, PRODUCT_KEY, run, start_cloud, wait_for};

const EXAMPLE: &str = "c_examples/mqtt-example.c";
const RECORDED: &str = include_str!("data/2.2.1-mqtt-example-first-boot.jsonl");

/// What the vendor's page "Device Authentication" shows of the log; `*` stands for what differs
/// from run to run, line numbers and secrets. Blanks count as one.
const PAGE: &str = r#"
[inf] IOT_SetupConnInfo(*): DeviceSecret KV does not exist, Now We Need Dynamic Register...
[inf] _calc_dynreg_sign(*): Random Key: *
[inf] _calc_dynreg_sign(*): Sign: *
[inf] httpclient_common(*): host: '*', port: 443
[dbg] httpclient_send_header(*): REQUEST (Length: 211 Bytes)
> POST /auth/register/device HTTP/1.1
> Host: *
> Accept: text/xml,text/javascript,text/html,application/json
> Content-Length: 161
> Content-Type: application/x-www-form-urlencoded
[dbg] httpclient_send_header(*): Written 211 bytes
[dbg] httpclient_send_userdata(*): client_data->post_buf: productKey=a1ExpAkj9Hi&deviceName=Example_dyn1&random=*&sign=*&signMethod=hmacsha256
[dbg] httpclient_send_userdata(*): Written 161 bytes
[dbg] httpclient_recv(*): * bytes have been read
[dbg] httpclient_recv_response(*): RESPONSE (Length: * Bytes)
< HTTP/1.1 200 OK
[inf] _fetch_dynreg_http_resp(*): Http Response Payload: {"code":200,"data":{"deviceName":"Example_dyn1","deviceSecret":"*","productKey":"a1ExpAkj9Hi"},"message":"success"}
[inf] _fetch_dynreg_http_resp(*): Dynamic Register Code: 200
[inf] _fetch_dynreg_http_resp(*): Dynamic Register Device Secret: *
[inf] iotx_device_info_init(*): device_info created successfully!
[dbg] iotx_device_info_set(*): start to set device info!
[dbg] iotx_device_info_set(*): device_info set successfully!
[inf] guider_print_dev_guider_info(*): ....................................................
[inf] guider_print_dev_guider_info(*): ProductKey : a1ExpAkj9Hi
[inf] guider_print_dev_guider_info(*): DeviceName : Example_dyn1
[inf] guider_print_dev_guider_info(*): DeviceID : a1ExpAkj9Hi.Example_dyn1
[inf] guider_print_dev_guider_info(*): ....................................................
[inf] guider_print_dev_guider_info(*): PartnerID Buf : ,partner_id=example.demo.partner-id
[inf] guider_print_dev_guider_info(*): ModuleID Buf : ,module_id=example.demo.module-id
[inf] guider_print_dev_guider_info(*): Guider URL :
[inf] guider_print_dev_guider_info(*): Guider SecMode : 2 (TLS + Direct)
[inf] guider_print_dev_guider_info(*): Guider Timestamp : 2524608000000
[inf] guider_print_dev_guider_info(*): ....................................................
[inf] guider_print_dev_guider_info(*): ....................................................
[inf] guider_print_conn_info(*): -----------------------------------------
[inf] iotx_mc_connect(*): mqtt connect success!
"#;

#[test]
fn the_first_boot_is_the_recorded_one() {
    let (cloud, firmware) = (start_cloud(), Firmware::debug(EXAMPLE));
    run(firmware.command(), &cloud, &[]).succeeded();
    wait_for(&cloud, |entry| entry.event == Event::Disconnect);

    let seen = cloud.trace().transcript();
    check_what_differs(&cloud, &seen);
    // The project's decision: the stronger of the two methods that the platform takes.
    assert_same(seen, &RECORDED.replace("signmethod=hmacsha1,", "signmethod=hmacsha256,"));
}

#[test]
fn the_log_has_the_lines_that_users_look_for() {
    let (cloud, firmware) = (start_cloud(), Firmware::debug(EXAMPLE));
    let run = run(firmware.command(), &cloud, &[])
        .succeeded()
        .says("publish topic: /a1ExpAkj9Hi/Example_dyn1/update, payload: update: hello! start!, rc = 4")
        .says("Topic: '/a1ExpAkj9Hi/Example_dyn1/data' (Length: 30)")
        .says("Payload: 'data: hello! start!' (Length: 19)")
        .says(r#"Payload: '{"attr_name":"temperature", "attr_value":"1"}' (Length: 45)"#)
        .says("out of sample!");
    let mut lines = run.output.lines().map(single_blanks);
    for wanted in PAGE.lines().filter(|line| !line.is_empty()) {
        let found = lines.any(|line| matches(wanted, &line));
        assert!(found, "missing, or out of order: {wanted}\n{}", run.output);
    }
}

#[test]
fn later_boots_use_the_stored_secret_and_a_lost_one_is_explained() {
    let (cloud, firmware) = (start_cloud(), Firmware::debug(EXAMPLE));
    run(firmware.command(), &cloud, &[]).succeeded();
    let before = cloud.trace().entries().len();
    run(firmware.command(), &cloud, &[])
        .succeeded()
        .says("Get DeviceSecret from KV succeed")
        .says("mqtt connect success!");
    let second = entries_since(&cloud, before);
    assert!(second.iter().any(|entry| matches!(entry.event, Event::Connack { code: 0, .. })));
    assert!(second.iter().all(|entry| !matches!(entry.event, Event::Http { .. })), "{second:#?}");
    wait_for_disconnects(&cloud, 2);

    let firmware = firmware.with_empty_storage();
    let before = cloud.trace().entries().len();
    run(firmware.command(), &cloud, &[])
        .failed()
        .says(r#"Http Response Payload: {"code":6289,"message":"device is already active"}"#)
        .says("the cloud refused: 6289 device is already active")
        .says("restore it from a backup, or reset the device in the console")
        .says("AUTH request failed!");
    let third = entries_since(&cloud, before);
    let refusal = json!({"code": 6289, "message": "device is already active"});
    assert!(
        matches!(&third[..], [Entry { event: Event::Http { reply, .. }, .. }] if *reply == refusal),
        "{third:#?}"
    );
    // The store was made ready for a secret, and got none.
    let store = std::fs::read(firmware.storage.path().join("kv.json")).unwrap();
    let entries: serde_json::Map<_, _> = serde_json::from_slice(&store).unwrap();
    assert!(entries.keys().all(|key| key != "DyncRegDeviceSecret"), "{:?}", entries.keys());
}

fn entries_since(cloud: &Cloud, count: usize) -> Vec<Entry> {
    cloud.trace().entries().split_off(count)
}

/// The last packets of a program may be recorded after its end.
fn wait_for_disconnects(cloud: &Cloud, count: usize) {
    let ended = |entry: &&Entry| matches!(entry.event, Event::Closed { .. });
    let seen =
        cloud.trace().wait(support::LIMIT, |entries| entries.iter().filter(ended).count() == count);
    assert!(seen, "{:#?}", cloud.trace().entries());
}

/// Recomputes what no two boots have in common.
fn check_what_differs(cloud: &Cloud, seen: &[Value]) {
    check_registration(&seen[0]);
    let secret = cloud.device_secret(PRODUCT_KEY, DEVICE_NAME).unwrap();
    let text = format!(
        "clientId{PRODUCT_KEY}.{DEVICE_NAME}deviceName{DEVICE_NAME}productKey{PRODUCT_KEY}\
         timestamp2524608000000"
    );
    assert!(seen[1]["password"] == hmac_sha256(&secret, &text), "the password is not the HMAC");
}

fn single_blanks(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a line has the parts of the pattern between its `*`, in order, from start to end.
fn matches(pattern: &str, line: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|start| line.strip_prefix(start)) else {
        return false;
    };
    let mut at_end = rest.is_empty();
    for part in parts {
        let Some((_, after)) = rest.split_once(part) else { return false };
        rest = after;
        at_end = part.is_empty() || rest.is_empty();
    }
    at_end
}
