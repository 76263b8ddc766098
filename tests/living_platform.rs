//! Devices that authenticate over HTTPS, and the platform's regions. The boot of
//! `c_examples/living-platform.c` is compared with the recording of a program that was linked with
//! the C SDK 2.2.1, built with `FEATURE_MQTT_DIRECT=n`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

mod support;

use std::thread;

use linkkit_sim::trace::{Entry, Event};
use linkkit_sim::{Cloud, Config, HttpsFault};
use serde_json::Value;
use support::transcript::{assert_same, check_registration, field, hmac_sha1};
use support::{DEVICE_NAME, Firmware, LIMIT, PRODUCT_KEY, Run, run, start_cloud, wait_for};

const EXAMPLE: &str = "c_examples/living-platform.c";
const RECORDED: &str = include_str!("data/2.2.1-https-auth-singapore.jsonl");

#[test]
fn the_first_boot_is_the_recorded_one_however_the_region_is_set() {
    let firmware = Firmware::debug(EXAMPLE);
    for spelling in ["domain", "region"] {
        let cloud = start_cloud();
        let firmware = firmware.on_another_device();
        let mut command = firmware.command();
        command.arg(spelling);
        run(command, &cloud, &[])
            .succeeded()
            .says("Guider SecMode : -1 (TLS + Guider)")
            .says("the data node is a1ExpAkj9Hi.iot-as-mqtt.us-west-1.aliyuncs.com:1883")
            .says("mqtt connect success!");
        wait_for(&cloud, |entry| entry.event == Event::Disconnect);

        let seen = cloud.trace().transcript();
        check_registration(&seen[0]);
        check_authentication(&cloud, &seen[1]);
        check_node(&cloud, "us-west-1", &seen[1], &seen[2]);
        assert_same(seen, RECORDED);
    }
}

#[test]
fn every_reconnection_authenticates_again_and_goes_where_it_is_sent() {
    let cloud = start_cloud();
    let firmware = Firmware::debug("tests/c/login.c");
    thread::scope(|scope| {
        let program = scope.spawn(|| login(&firmware, &cloud, ["1", "0", "1", "2"]));
        wait_for_connections(&cloud, 1);
        cloud.move_to(PRODUCT_KEY, DEVICE_NAME, "eu-central-1").unwrap();
        wait_for_connections(&cloud, 2);
        // A failure that passes and an answer that is lost are no reason to give up.
        cloud.faults().next_https(HttpsFault::status(503));
        cloud.faults().next_https(HttpsFault::raw("").then_cut());
        cloud.expire_tokens();
        assert!(cloud.kick(PRODUCT_KEY, DEVICE_NAME));
        program.join().unwrap().succeeded();
    });

    let seen = cloud.trace().transcript();
    let authentications: Vec<&Value> = seen
        .iter()
        .filter(|entry| entry["path"] == "/auth/devicename" && !entry["reply"].is_null())
        .collect();
    let logins: Vec<&Value> = seen.iter().filter(|entry| entry["ev"] == "CONNECT").collect();
    assert_eq!((authentications.len(), logins.len()), (3, 3));
    for (number, node) in ["us-west-1", "eu-central-1", "eu-central-1"].iter().enumerate() {
        check_node(&cloud, node, authentications[number], logins[number]);
    }
    let refused = |entry: &Entry| matches!(entry.event, Event::Connack { code: 1.., .. });
    assert!(!cloud.trace().entries().iter().any(refused), "{:#?}", cloud.trace().entries());
}

#[test]
fn each_of_two_devices_authenticates_again() {
    let cloud = start_cloud();
    let firmware = Firmware::debug("tests/c/two_devices.c");
    thread::scope(|scope| {
        let program = scope.spawn(|| run(firmware.command(), &cloud, &[]));
        wait_for_connections(&cloud, 2);
        cloud.expire_tokens();
        assert!(cloud.kick(PRODUCT_KEY, DEVICE_NAME));
        program.join().unwrap().succeeded();
    });
    let seen = cloud.trace().transcript();
    let refused = |entry: &Entry| matches!(entry.event, Event::Refused { .. });
    assert!(!cloud.trace().entries().iter().any(refused), "each reports to topics of its own");
    let authentications = seen.iter().filter(|entry| entry["path"] == "/auth/devicename");
    let names = authentications.map(|entry| field(entry["body"].as_str().unwrap(), "deviceName"));
    assert_eq!(names.collect::<Vec<_>>(), [DEVICE_NAME, "Example_dev1", DEVICE_NAME]);
}

#[test]
fn every_region_registers_authenticates_and_connects() {
    let firmware = Firmware::debug("tests/c/login.c");
    let mut config = Config::default();
    config.activation.nodes.clear();
    for (number, region) in config.regions.iter().enumerate() {
        for direct in ["1", "0"] {
            let cloud = Cloud::start(&config).unwrap();
            let firmware = firmware.on_another_device();
            login(&firmware, &cloud, [&number.to_string(), direct, "1", "0"]).succeeded();
            let seen = cloud.trace().transcript();
            for entry in seen.iter().filter(|entry| entry["ev"] == "HTTP") {
                let host = format!("iot-auth.{}.aliyuncs.com", region.name);
                assert_eq!(entry["headers"][0], serde_json::json!(["Host", host]));
            }
            let connect = seen.iter().find(|entry| entry["ev"] == "CONNECT").unwrap();
            assert_eq!(connect["where"], at(&cloud, &region.name));
        }
    }
}

#[test]
fn a_refusal_says_what_to_do_and_is_not_asked_twice() {
    let firmware = Firmware::debug("tests/c/login.c");
    for (dynamic, asked) in [("0", "/auth/devicename"), ("1", "/auth/register/device")] {
        let mut config = Config::default();
        for device in &mut config.products[0].devices {
            device.refuse = Some(6204);
        }
        let cloud = Cloud::start(&config).unwrap();
        login(&firmware, &cloud, ["1", "0", dynamic, "0"]).failed().says(
            "6204 refused by the configuration - the device is disabled: enable it in the console",
        );
        let seen = cloud.trace().transcript();
        assert!(matches!(&seen[..], [one] if one["path"] == asked), "{seen:#?}");
    }
}

#[test]
fn an_answer_that_makes_no_sense_leads_nowhere() {
    let answer = |host: &str, port: u32, token: &str| {
        let mqtt = serde_json::json!({"host": host, "port": port});
        serde_json::json!({"code": 200, "data": {
            "iotId": "id", "iotToken": token, "resources": {"mqtt": mqtt},
        }})
        .to_string()
    };
    let host = "a1ExpAkj9Hi.iot-as-mqtt.us-west-1.aliyuncs.com";
    let cloud = start_cloud();
    let firmware = Firmware::debug("tests/c/login.c");
    for (body, words) in [
        (r#"{"data":{}}"#.to_owned(), "it has no code"),
        (r#"{"code":200,"data":{}}"#.to_owned(), "it has no MQTT host"),
        (answer(&"h".repeat(129), 1883, "token"), "the MQTT host is 129 bytes long, at most 128"),
        (answer("user@elsewhere", 1883, "token"), "its MQTT host is not a host name"),
        (answer(host, 65536, "token"), "its MQTT port is not a number from 1 to 65535"),
        (answer(host, 1883, &"t".repeat(257)), "the iotToken is 257 bytes long, at most 256"),
        (answer(host, 1883, ""), "the iotToken is empty"),
    ] {
        cloud.faults().next_https(HttpsFault::ok(body));
        login(&firmware, &cloud, ["1", "0", "0", "0"])
            .failed()
            .says("the cloud's answer makes no sense: ")
            .says(words);
    }
    let only_asked = |entry: &Value| entry["path"] == "/auth/devicename";
    assert!(cloud.trace().transcript().iter().all(only_asked));
}

#[test]
fn every_refusal_that_is_documented_is_explained_in_one_line_and_final() {
    let firmware = Firmware::debug("tests/c/login.c");
    let page = include_str!("../docs/troubleshooting.md");
    let rows = page.lines().filter_map(|row| row.strip_prefix("| ")?.strip_suffix(" |"));
    let documented: Vec<(u32, &str)> = rows
        .filter_map(|row| row.split_once(" | "))
        .filter_map(|(code, explanation)| Some((code.parse().ok()?, explanation)))
        .collect();
    assert!(documented.len() >= 15, "{documented:?}");
    // Those that pass by themselves are tried again.
    for (code, explanation) in documented.iter().filter(|(code, _)| ![429, 500, 503].contains(code))
    {
        let mut config = Config::default();
        config.products[0].refuse = Some(*code);
        for dynamic in ["1", "0"] {
            let cloud = Cloud::start(&config).unwrap();
            login(&firmware, &cloud, ["0", "0", dynamic, "0"])
                .failed()
                .says(&format!("{code} refused by the configuration - {explanation}"));
            assert_eq!(cloud.trace().transcript().len(), 1, "{code}");
        }
    }
}

#[test]
fn a_registration_is_tried_again_only_where_that_can_help() {
    let firmware = Firmware::debug("tests/c/login.c");
    let requests = |cloud: &Cloud| {
        let path = |entry: &Value| entry["path"] == "/auth/register/device";
        cloud.trace().transcript().iter().filter(|entry| path(entry)).count()
    };

    let cloud = start_cloud();
    cloud.faults().next_https(HttpsFault::status(503));
    cloud.faults().next_https(HttpsFault::ok(r#"{"code":429,"message":"too many requests"}"#));
    login(&firmware.on_another_device(), &cloud, ["0", "1", "1", "0"])
        .succeeded()
        .says("attempt 2 of 3 follows")
        .says("attempt 3 of 3 follows");
    assert_eq!(requests(&cloud), 3);

    let cloud = start_cloud();
    for _ in 0..3 {
        cloud.faults().next_https(HttpsFault::status(502));
    }
    login(&firmware.on_another_device(), &cloud, ["0", "1", "1", "0"]).failed();
    assert_eq!(requests(&cloud), 3);

    let cloud = start_cloud();
    cloud.faults().next_https(HttpsFault::raw("").then_cut());
    login(&firmware.on_another_device(), &cloud, ["0", "1", "1", "0"])
        .failed()
        .says("the request was sent and not answered")
        .says("the cloud may have accepted the registration although no usable answer came");
    assert_eq!(requests(&cloud), 1);
}

fn login(firmware: &Firmware, cloud: &Cloud, arguments: [&str; 4]) -> Run {
    let mut command = firmware.command();
    command.args(arguments);
    run(command, cloud, &[])
}

fn wait_for_connections(cloud: &Cloud, count: usize) {
    let connected = |entry: &&Entry| matches!(entry.event, Event::Connack { code: 0, .. });
    let seen =
        cloud.trace().wait(LIMIT, |entries| entries.iter().filter(connected).count() >= count);
    assert!(seen, "{:#?}", cloud.trace().entries());
}

/// Recomputes the signature of an authentication.
fn check_authentication(cloud: &Cloud, entry: &Value) {
    let secret = cloud.device_secret(PRODUCT_KEY, DEVICE_NAME).unwrap();
    let text = format!(
        "clientId{PRODUCT_KEY}.{DEVICE_NAME}deviceName{DEVICE_NAME}productKey{PRODUCT_KEY}\
         timestamp2524608000000"
    );
    assert_eq!(field(entry["body"].as_str().unwrap(), "sign"), hmac_sha1(&secret, &text));
}

/// A login is at the node that the authentication before named, and as it said.
fn check_node(cloud: &Cloud, node: &str, authentication: &Value, login: &Value) {
    let granted = &authentication["reply"]["data"];
    let host = format!("{PRODUCT_KEY}.iot-as-mqtt.{node}.aliyuncs.com");
    assert_eq!(granted["resources"]["mqtt"]["host"], host);
    assert_eq!(login["where"], at(cloud, node));
    assert_eq!(login["username"], granted["iotId"]);
    assert!(login["password"] == granted["iotToken"], "the password is not the token");
}

/// The address of a region's MQTT broker.
fn at(cloud: &Cloud, region: &str) -> String {
    let region = cloud.regions().iter().find(|known| known.name == region).unwrap();
    format!("{}:{}", region.address, cloud.mqtt_addr().port())
}
