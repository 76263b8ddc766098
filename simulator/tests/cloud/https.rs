//! The authentication service from a device's side.

use std::io::{ErrorKind, Read as _, Write as _};
use std::time::Duration;

use linkkit_sim::trace::{Entry, Event};
use linkkit_sim::{Certificate, Cloud, Config, HttpsFault};
use serde_json::{Value, json};

use crate::support::{AUTH_HOST, PRODUCT, https, register, register_request, tls};

#[test]
fn a_device_registers_once() {
    let cloud = Cloud::start(&Config::default()).unwrap();
    let reply = register(&cloud, "Example_dyn1");
    let secret = reply["data"]["deviceSecret"].as_str().unwrap();
    assert_eq!(secret.len(), 32);
    assert_eq!(cloud.device_secret(PRODUCT, "Example_dyn1").as_deref(), Some(secret));
    assert_eq!(
        reply,
        json!({"code": 200, "message": "success", "data": {
            "deviceName": "Example_dyn1", "deviceSecret": secret, "productKey": PRODUCT}})
    );
    assert_eq!(
        register(&cloud, "Example_dyn1"),
        json!({"code": 6289, "message": "device is already active"})
    );
    assert_eq!(register(&cloud, "Example_dev1")["code"], 6289);
    assert_eq!(register(&cloud, "Example_dyn2")["code"], 6100);
}

#[test]
fn a_wrong_product_secret_is_refused() {
    let cloud = Cloud::start(&Config::default()).unwrap();
    let reply = https(&cloud, &register_request("wrong", "Example_dyn1"));
    let reply = String::from_utf8(reply).unwrap();
    assert!(reply.ends_with(r#"{"code":6287,"message":"invalid sign"}"#), "{reply}");
    assert_eq!(cloud.device_secret(PRODUCT, "Example_dyn1"), None);
}

#[test]
fn registrations_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config { state: Some(folder.path().join("cloud")), ..Config::default() };
    let first = Cloud::start(&config).unwrap();
    assert_eq!(register(&first, "Example_dyn1")["code"], 200);
    let secret = first.device_secret(PRODUCT, "Example_dyn1");
    drop(first);
    let second = Cloud::start(&config).unwrap();
    assert_eq!(register(&second, "Example_dyn1")["code"], 6289);
    assert_eq!(second.device_secret(PRODUCT, "Example_dyn1"), secret);
}

#[test]
fn the_trace_has_the_request_as_it_was_sent() {
    let cloud = Cloud::start(&Config::default()).unwrap();
    let request = register_request("ffFnFlKQW3HYjjPR", "Example_dyn1");
    https(&cloud, &request);
    let transcript = cloud.trace().transcript();
    let seen = &transcript[0];
    assert_eq!(seen["ev"], "HTTP");
    assert_eq!(seen["who"], "a1ExpAkj9Hi.Example_dyn1");
    assert_eq!(seen["method"], "POST");
    assert_eq!(seen["path"], "/auth/register/device");
    assert_eq!(
        seen["headers"],
        json!([
            ["Host", AUTH_HOST],
            ["Accept", "text/xml,text/javascript,text/html,application/json"],
            ["Content-Length", "161"],
            ["Content-Type", "application/x-www-form-urlencoded"]
        ])
    );
    assert_eq!(seen["body"], request.split_once("\r\n\r\n").unwrap().1);
    assert_eq!(seen["reply"]["code"], 200);
}

#[test]
fn faults_replace_replies_byte_for_byte() {
    let cloud = Cloud::start(&Config::default()).unwrap();
    let request = register_request("ffFnFlKQW3HYjjPR", "Example_dyn1");
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
    cloud.faults().next_https(HttpsFault::raw(chunked));
    cloud.faults().next_https(HttpsFault::raw("HTTP/1.1 200 OK\r\nContent-Le").then_cut());
    cloud.faults().next_https(HttpsFault::ok("slow").byte_by_byte(Duration::from_millis(1)));
    cloud.faults().next_https(HttpsFault::ok(vec![b'x'; 1 << 20]));
    assert_eq!(https(&cloud, &request), chunked.as_bytes());
    assert_eq!(https(&cloud, &request), b"HTTP/1.1 200 OK\r\nContent-Le");
    assert_eq!(https(&cloud, &request), b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow");
    assert!(https(&cloud, &request).len() > 1 << 20);
    assert!(cloud.trace().transcript().iter().all(|seen| seen["reply"] == Value::Null));
    assert_eq!(register(&cloud, "Example_dyn1")["code"], 200);
}

#[test]
fn a_hanging_service_sends_nothing_and_keeps_the_connection() {
    let cloud = Cloud::start(&Config::default()).unwrap();
    cloud.faults().next_https(HttpsFault::hang());
    let mut stream = tls(&cloud, cloud.https_addr(), AUTH_HOST).unwrap();
    let request = register_request("ffFnFlKQW3HYjjPR", "Example_dyn1");
    stream.write_all(request.as_bytes()).unwrap();
    assert!(cloud.trace().wait(crate::support::TIMEOUT, |entries| !entries.is_empty()));
    stream.sock.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let error = stream.read(&mut [0]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::WouldBlock);
}

#[test]
fn every_certificate_is_what_its_name_says() {
    let cloud = Cloud::start(&Config::default()).unwrap();
    let connect = |certificate, host| {
        cloud.faults().present(certificate);
        tls(&cloud, cloud.https_addr(), host).map(|_| ()).map_err(|error| error.to_string())
    };
    for host in [
        AUTH_HOST,
        "iot-auth.ap-southeast-1.aliyuncs.com",
        "pk.iot-as-mqtt.eu-central-1.aliyuncs.com",
        "localhost",
        "127.0.0.1",
    ] {
        assert_eq!(connect(Certificate::Valid, host), Ok(()), "{host}");
    }
    let why = |certificate| connect(certificate, AUTH_HOST).unwrap_err();
    assert!(why(Certificate::WrongName).contains("not valid for name"));
    assert!(why(Certificate::Expired).contains("expired"));
    assert!(why(Certificate::UnknownCa).contains("UnknownIssuer"));
    let refused =
        |entry: &&Entry| matches!(&entry.event, Event::Closed { why } if why.contains("no TLS"));
    assert!(
        cloud.trace().wait(crate::support::TIMEOUT, |all| all.iter().filter(refused).count() == 3)
    );
}

#[test]
fn a_dropped_cloud_is_gone() {
    let cloud = Cloud::start(&Config::default()).unwrap();
    let addr = cloud.https_addr();
    let mut stream = tls(&cloud, addr, AUTH_HOST).unwrap();
    drop(cloud);
    assert!(std::net::TcpStream::connect(addr).is_err());
    assert!(!matches!(stream.read(&mut [0]), Ok(1..)));
}
