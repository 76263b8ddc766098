//! Release 2.3.0's own ways to say where the platform is: regions, domains, an endpoint, a port,
//! bootstrap. What the firmware sets is looked up where it goes out.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

mod support;

use std::sync::LazyLock;
use std::time::Duration;

use linkkit_sim::toolchain::{Abi, Linkage};
use linkkit_sim::{Cloud, Config, HttpsFault};
use serde_json::{Value, json};
use support::{Firmware, PRODUCT_KEY, Run, run, start_cloud};

static FIRMWARE: LazyLock<Firmware> =
    LazyLock::new(|| Firmware::of_release("tests/c/site.c", Abi::V2_3, Linkage::Static));

/// Runs the program on a new device.
#[track_caller]
fn play(cloud: &Cloud, words: &[&str]) -> Run {
    let firmware = FIRMWARE.on_another_device();
    let mut command = firmware.command();
    command.args(words);
    run(command, cloud, &[])
}

fn connects(cloud: &Cloud) -> Vec<Value> {
    let mut seen = cloud.trace().transcript();
    seen.retain(|entry| entry["ev"] == "CONNECT");
    seen
}

fn posts(cloud: &Cloud) -> Vec<Value> {
    let mut seen = cloud.trace().transcript();
    seen.retain(|entry| entry["ev"] == "HTTP");
    seen
}

/// The address of a region's MQTT broker.
fn at(cloud: &Cloud, region: &str) -> String {
    let region = cloud.regions().iter().find(|known| known.name == region).unwrap();
    format!("{}:{}", region.address, cloud.mqtt_addr().port())
}

#[test]
fn every_region_registers_and_logs_in() {
    for (number, region) in Config::default().regions.iter().enumerate() {
        let (cloud, name) = (start_cloud(), &region.name);
        play(&cloud, &["register", &format!("region={number}"), "set_up", "connect"])
            .succeeded()
            .says(&format!("connects to iot-auth.{name}.aliyuncs.com:443"))
            .says(&format!("connects to {PRODUCT_KEY}.iot-as-mqtt.{name}.aliyuncs.com:443"));
        assert_eq!(connects(&cloud)[0]["where"], at(&cloud, name));
    }
}

#[test]
fn domains_take_the_place_of_the_region() {
    let cloud = start_cloud();
    let domains = [
        "region=2",
        "http_domain=iot-auth.eu-central-1.aliyuncs.com",
        "mqtt_domain=iot-as-mqtt.us-west-1.aliyuncs.com",
    ];
    play(&cloud, &[&domains[..], &["register", "set_up", "connect"]].concat())
        .succeeded()
        .says("connects to iot-auth.eu-central-1.aliyuncs.com:443")
        .says("connects to a1ExpAkj9Hi.iot-as-mqtt.us-west-1.aliyuncs.com:443");
    let host = json!(["Host", "iot-auth.eu-central-1.aliyuncs.com"]);
    assert_eq!(posts(&cloud)[0]["headers"][0], host);
    assert_eq!(connects(&cloud)[0]["where"], at(&cloud, "us-west-1"));
}

#[test]
fn a_domain_serves_https_authentication_as_well() {
    let cloud = start_cloud();
    let domain = "http_domain=iot-auth.eu-central-1.aliyuncs.com";
    play(&cloud, &["direct=0", domain, "set_up", "connect"]).succeeded();
    let posts = posts(&cloud);
    assert_eq!(posts[0]["headers"][0], json!(["Host", "iot-auth.eu-central-1.aliyuncs.com"]));
    assert_eq!(posts[0]["path"], "/auth/devicename");
    assert_eq!(connects(&cloud)[0]["where"], at(&cloud, "eu-central-1"));
}

#[test]
fn an_endpoint_is_the_whole_host_and_the_port_is_the_firmware_s() {
    let cloud = start_cloud();
    let endpoint = "endpoint=own.iot-as-mqtt.us-west-1.aliyuncs.com";
    let domain = "mqtt_domain=iot-as-mqtt.eu-central-1.aliyuncs.com";
    play(&cloud, &[endpoint, domain, "mqtt_port=8883", "set_up", "connect"])
        .succeeded()
        .says("connects to own.iot-as-mqtt.us-west-1.aliyuncs.com:8883");
    let connect = &connects(&cloud)[0];
    assert_eq!(connect["where"], at(&cloud, "us-west-1"));
    assert_eq!(connect["username"], "Example_dev1&a1ExpAkj9Hi");
    assert_eq!(
        connect["client_id"],
        "a1ExpAkj9Hi.Example_dev1|securemode=2,_v=sdk-c-2.3.0,timestamp=2524608000000,signmethod=hmacsha256,lan=C,gw=0,ext=0,pid=example.demo.partner-id,mid=example.demo.module-id|"
    );
}

#[test]
fn the_endpoint_s_name_is_the_one_that_the_certificate_must_have() {
    let cloud = start_cloud();
    // The way there leads to the cloud, whose certificate is for other names.
    play(&cloud, &["endpoint=own.us-west-1.aliyuncs.com", "set_up", "connect"])
        .failed()
        .says("certificate is for another name: wanted own.us-west-1.aliyuncs.com");
    assert!(connects(&cloud).is_empty());
}

#[test]
fn the_client_id_tells_the_uuid_s_digest() {
    let cloud = start_cloud();
    play(&cloud, &["uuid=1", "!uuid=2", "set_up", "connect", "uuid=0", "set_up", "connect"])
        .succeeded();
    let connects = connects(&cloud);
    // What md5sum says of the UUID that the firmware has.
    let digest = "mid=example.demo.module-id,_uuid=4A7074688EA4A32CD257F7C672D56365|";
    assert!(connects[0]["client_id"].as_str().unwrap().ends_with(digest), "{}", connects[0]);
    assert!(!connects[1]["client_id"].as_str().unwrap().contains("_uuid"), "{}", connects[1]);
}

#[test]
fn what_is_set_counts_from_the_next_set_up_on() {
    let cloud = start_cloud();
    let endpoint = "endpoint=own.iot-as-mqtt.us-west-1.aliyuncs.com";
    let port = "mqtt_port=8883";
    let run = play(&cloud, &["set_up", endpoint, port, "connect", "set_up", "connect"]).succeeded();
    let made: Vec<_> = run.output.lines().filter(|line| line.starts_with("connects to ")).collect();
    assert_eq!(
        made,
        [
            "connects to a1ExpAkj9Hi.iot-as-mqtt.cn-shanghai.aliyuncs.com:443",
            "connects to own.iot-as-mqtt.us-west-1.aliyuncs.com:8883",
        ]
    );
}

#[test]
fn limits_are_inclusive_and_what_is_refused_changes_nothing() {
    let cloud = start_cloud();
    let longest_domain = "d".repeat(59);
    let longest_endpoint = "e".repeat(128);
    let set = |option: &str, value: &str| format!("{option}={value}");
    let words = [
        set("http_domain", &longest_domain),
        set("!http_domain", &"h".repeat(60)),
        set("!http_domain", ""),
        set("mqtt_domain", &longest_domain),
        set("!mqtt_domain", &"m".repeat(60)),
        set("!mqtt_domain", ""),
        set("!mqtt_domain", "a b"),
        set("!region", "6"),
        set("!region", "-1"),
        "set_up".into(),
        set("endpoint", &longest_endpoint),
        set("mqtt_port", "65535"),
        set("!endpoint", &"f".repeat(129)),
        set("!endpoint", ""),
        set("!bootstrap", "2"),
        "set_up".into(),
        set("mqtt_port", "0"),
        set("region", "1"),
        "set_up".into(),
        "register".into(),
        set("region", "5"),
        "no_set_up".into(),
    ];
    let run = play(&cloud, &words.each_ref().map(String::as_str)).succeeded();
    let made: Vec<_> =
        run.output.lines().filter_map(|line| line.strip_prefix("the login is at ")).collect();
    assert_eq!(
        made,
        [
            format!("{PRODUCT_KEY}.{longest_domain}:443"),
            format!("{longest_endpoint}:65535"),
            format!("{longest_endpoint}:443"),
        ]
    );
    // The last device asks at the domain that was not refused.
    run.says(&format!("connects to {longest_domain}:443"));
}

#[test]
fn a_custom_region_without_a_domain_is_named_as_the_cause() {
    let cloud = start_cloud();
    play(&cloud, &["region=5", "no_set_up", "register", "no_set_up"])
        .succeeded()
        .says("the region is custom and no MQTT domain is set")
        .says("the region is custom and no HTTP domain is set");
    assert!(cloud.trace().entries().is_empty());
}

#[test]
fn bootstrap_asks_the_global_host_and_logs_in_where_it_says() {
    let mut config = Config::default();
    config.products[0].devices[1].country = Some("DE".into());
    let cloud = Cloud::start(&config).unwrap();
    let others = ["region=1", "endpoint=own.iot-as-mqtt.us-west-1.aliyuncs.com", "mqtt_port=8883"];
    play(&cloud, &[&others[..], &["bootstrap=1", "set_up", "connect"]].concat())
        .succeeded()
        .says("connects to iot-auth-global.aliyuncs.com:443")
        .says("connects to a1ExpAkj9Hi.iot-as-mqtt.eu-central-1.aliyuncs.com:1883");
    let posts = posts(&cloud);
    assert_eq!(posts.len(), 1);
    assert_eq!(posts[0]["path"], "/auth/bootstrap");
    assert_eq!(
        posts[0]["headers"],
        json!([
            ["Host", "iot-auth-global.aliyuncs.com"],
            ["Accept", "text/xml,text/javascript,text/html,application/json"],
            ["Content-Length", "95"],
            ["Content-Type", "application/x-www-form-urlencoded;charset=utf-8"],
        ])
    );
    assert_eq!(
        posts[0]["body"],
        "productKey=a1ExpAkj9Hi&deviceName=Example_dev1&clientId=a1ExpAkj9Hi.Example_dev1&resources=mqtt"
    );
    let connect = &connects(&cloud)[0];
    assert_eq!(connect["where"], at(&cloud, "eu-central-1"));
    assert_eq!(connect["username"], "Example_dev1&a1ExpAkj9Hi");
}

#[test]
fn a_bootstrap_that_fails_leaves_no_login() {
    let cloud = start_cloud();
    cloud.faults().next_https(HttpsFault::ok(r#"{"code":6250,"message":"no such product"}"#));
    play(&cloud, &["bootstrap=1", "no_set_up"])
        .succeeded()
        .says("the cloud refused: 6250 no such product - there is no product with this product key")
        .says("Bootstrap Failed");
    let too_high = r#"{"code":200,"data":{"resources":{"mqtt":{"host":"h","port":65536}}}}"#;
    cloud.faults().next_https(HttpsFault::ok(too_high));
    play(&cloud, &["bootstrap=1", "no_set_up"])
        .succeeded()
        .says("its MQTT port is not a number from 1 to 65535");
    assert_eq!(posts(&cloud).len(), 2);

    cloud.faults().next_https(HttpsFault::status(503));
    cloud.faults().next_https(HttpsFault::raw("").then_cut());
    play(&cloud, &["bootstrap=1", "set_up", "connect"]).succeeded();
    assert_eq!(posts(&cloud).len(), 5, "a busy cloud and a lost answer are no reason to give up");

    cloud.faults().next_https(HttpsFault::hang());
    let run = play(&cloud, &["bootstrap=1", "no_set_up"]).succeeded().says("the time is up");
    assert!(run.took < Duration::from_secs(12), "{:?}", run.took);
}
