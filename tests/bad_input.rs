//! What the library must refuse, from the firmware and from the network: with its documented code,
//! the cause in words, and nothing stored.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::thread;
use std::time::Duration;

use linkkit_sim::toolchain::{Abi, Linkage, target};
use linkkit_sim::trace::{Entry, Event};
use linkkit_sim::{Certificate, Cloud, HttpsFault};
use serde_json::json;
use socket2::SockRef;
use support::{DEVICE_NAME, Firmware, PRODUCT_KEY, Run, run, start_cloud};

/// What the cloud of the test hands out in place of a real secret.
const SECRET: &str = "KGQQFFlGinIipW9Xn7xQ5U6d6MokPZD4";

#[test]
fn bad_parameters_are_refused() {
    const SOURCE: &str = "tests/c/bad_input.c";
    const SANITIZERS: [&str; 2] = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"];
    for abi in Abi::ALL {
        let cloud = start_cloud();
        if target().is_some() {
            // Neither checker is part of the cross compilers.
            let firmware = Firmware::of_release(SOURCE, abi, Linkage::Static);
            run(firmware.command(), &cloud, &[]).succeeded();
            continue;
        }
        let sanitized = Firmware::of_release_with(SOURCE, abi, Linkage::Static, &SANITIZERS);
        run(sanitized.command(), &cloud, &[]).succeeded();
        let firmware = Firmware::of_release(SOURCE, abi, Linkage::Static);
        run(firmware.valgrind(), &cloud, &[]).succeeded();
    }
}

fn good_reply() -> String {
    reply_with(SECRET)
}

fn reply_with(secret: &str) -> String {
    let data =
        json!({"deviceName": DEVICE_NAME, "deviceSecret": secret, "productKey": PRODUCT_KEY});
    json!({"code": 200, "data": data, "message": "success"}).to_string()
}

/// A complete reply with the good body in two chunks.
fn chunked() -> HttpsFault {
    let body = good_reply();
    let (first, second) = body.split_at(40);
    HttpsFault::raw(format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
         {:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
        first.len(),
        second.len(),
    ))
}

fn register(cloud: &Cloud, settle: impl FnOnce(&mut Command)) -> Run {
    let firmware = Firmware::debug("tests/c/register.c");
    let mut command = firmware.command();
    settle(command.env("TEST_SECRET", SECRET));
    run(command, cloud, &[SECRET])
}

fn register_with(fault: HttpsFault) -> Run {
    let cloud = start_cloud();
    cloud.faults().next_https(fault);
    register(&cloud, |_| {})
}

#[track_caller]
fn stored_nothing(run: Run, words: &str) {
    let run = run.failed().says(words);
    for call in ["HAL_Kv_Set:", "HAL_SetDeviceSecret:"] {
        let called = run.output.lines().any(|line| line.starts_with(call));
        assert!(!called, "{}", run.output);
    }
}

#[test]
fn replies_that_make_no_sense_are_refused() {
    let good = good_reply();
    let long = "s".repeat(65);
    let announced = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", good.len());
    let within_secret = good.find(SECRET).unwrap() + SECRET.len() / 2;
    let half = format!("{announced}{}", &good[..within_secret]);
    let mut huge = good.clone().into_bytes();
    huge.resize(1 << 20, b' ');
    let replies = [
        (HttpsFault::ok("<html>busy</html>"), "17 bytes that are not JSON"),
        (HttpsFault::ok(""), "0 bytes that are not JSON"),
        (HttpsFault::ok(r#"{"message":"success"}"#), "it has no code"),
        (HttpsFault::ok(r#"{"code":200,"data":{}}"#), "it has no device secret"),
        (HttpsFault::ok(reply_with(&long)), "the device secret is 65 bytes long, at most 64"),
        (HttpsFault::ok(reply_with("")), "the device secret is empty"),
        (HttpsFault::raw(half.clone()), "cut off in its body"),
        (HttpsFault::raw(half).then_cut(), "cut off in its body"),
        (HttpsFault::raw("HTTP/1.1 200").then_cut(), "cut off in its head"),
        (HttpsFault::raw("").then_cut(), "closed"),
        (HttpsFault::raw("SSH-2.0-OpenSSH\r\n\r\n"), "it is not HTTP"),
        (HttpsFault::ok(huge), "its body is longer than 65536 bytes"),
    ];
    for (reply, words) in replies {
        stored_nothing(register_with(reply), words);
    }
}

#[test]
fn replies_that_come_in_pieces_are_read() {
    let body = good_reply();
    let whole = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let until_close = HttpsFault::raw(format!("HTTP/1.1 200 OK\r\n\r\n{body}"));
    let byte_by_byte = HttpsFault::raw(whole).byte_by_byte(Duration::from_millis(1));
    for reply in [chunked(), byte_by_byte, until_close] {
        register_with(reply)
            .succeeded()
            .says("HAL_Kv_Set: the expected secret")
            .says("HAL_SetDeviceSecret: the expected secret");
    }
}

/// The good reply, announced as one byte longer than it is.
fn announced_too_long() -> HttpsFault {
    let body = good_reply();
    HttpsFault::raw(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len() + 1))
}

/// The good reply in chunks, without the last one, which is empty.
fn without_the_last_chunk() -> HttpsFault {
    let body = good_reply();
    HttpsFault::raw(format!(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n",
        body.len()
    ))
}

#[track_caller]
fn stored_all_the_same(run: Run) {
    run.succeeded()
        .says("the device secret in it came whole and is kept")
        .says("HAL_Kv_Set: the expected secret")
        .says("HAL_SetDeviceSecret: the expected secret");
}

/// The cloud would not give it again.
#[test]
fn a_secret_that_came_whole_is_kept_whatever_else_is_wrong() {
    let good = good_reply();
    for reply in [
        announced_too_long(),
        announced_too_long().then_cut(),
        announced_too_long().then_hang(),
        without_the_last_chunk(),
        without_the_last_chunk().then_cut(),
        HttpsFault::ok(&good[..good.len() - 1]),
        HttpsFault::ok(format!("{good}\0")),
    ] {
        stored_all_the_same(register_with(reply));
    }
    register_with(HttpsFault::ok(good.replace(":200", ":\"200\"")))
        .succeeded()
        .says("HAL_Kv_Set: the expected secret");
}

/// Where what goes to `to` and comes from there passes through, and once nothing more comes the
/// connection is reset.
fn resetting(to: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (client, _) = listener.accept().unwrap();
        let cloud = TcpStream::connect(to).unwrap();
        thread::scope(|scope| {
            scope.spawn(|| io::copy(&mut &client, &mut &cloud));
            io::copy(&mut &cloud, &mut &client).unwrap();
            SockRef::from(&client).set_linger(Some(Duration::ZERO)).unwrap();
            // Ends the other thread and tells the client nothing.
            client.shutdown(Shutdown::Read).unwrap();
        });
    });
    address
}

#[test]
fn a_secret_that_came_before_a_reset_is_kept() {
    for reply in [announced_too_long(), without_the_last_chunk()] {
        let cloud = start_cloud();
        cloud.faults().next_https(reply.then_cut());
        let address = resetting(cloud.https_addr());
        let run = register(&cloud, |command| {
            let (host, port) = (address.ip().to_string(), address.port().to_string());
            command.env("TEST_HOST", host).env("TEST_PORT", port);
        });
        stored_all_the_same(run);
    }
}

#[test]
fn a_server_that_hangs_is_given_up_within_ten_seconds() {
    let begun = HttpsFault::raw("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{").then_hang();
    for reply in [HttpsFault::hang(), begun] {
        let run = register_with(reply);
        assert!(run.took < Duration::from_secs(12), "{:?}", run.took);
        stored_nothing(run, "the time is up");
    }
}

const PROVE_NOTHING: [(Certificate, &str); 3] = [
    (Certificate::WrongName, "is for another name: wanted "),
    (Certificate::UnknownCa, "issued by none of the trust anchors"),
    (Certificate::Expired, "certificate expired on Tue, 01 Jan 2002"),
];

/// The device went away before it said what it wanted, or who it is.
#[track_caller]
fn was_told_nothing(cloud: &Cloud) {
    let entries = cloud.trace().entries();
    let is_end = |entry: &Entry| matches!(entry.event, Event::Closed { .. });
    assert!(entries.iter().all(is_end), "{entries:#?}");
}

#[test]
fn a_server_that_is_slow_and_busy_is_given_up_within_ten_seconds() {
    let cloud = start_cloud();
    for _ in 0..3 {
        cloud.faults().spoil_next_https(Duration::from_secs(4), Some(HttpsFault::status(503)));
    }
    let run = register(&cloud, |_| {});
    assert!(run.took < Duration::from_secs(12), "{:?}", run.took);
    stored_nothing(run, "attempt 2 of 3 follows");
}

#[test]
fn a_certificate_that_proves_nothing_gets_no_registration() {
    for (certificate, words) in PROVE_NOTHING {
        let cloud = start_cloud();
        cloud.faults().present(certificate);
        stored_nothing(register(&cloud, |_| {}), words);
        was_told_nothing(&cloud);
    }
}

#[test]
fn a_certificate_that_proves_nothing_gets_no_login() {
    let firmware = Firmware::debug("tests/c/login.c");
    for (certificate, words) in PROVE_NOTHING {
        let cloud = start_cloud();
        cloud.faults().present(certificate);
        let mut command = firmware.command();
        // The region, the build's way of authentication, a secret of its own, no reconnection.
        command.args(["0", "-1", "0", "0"]);
        run(command, &cloud, &[]).failed().says(words);
        was_told_nothing(&cloud);
    }
}

#[test]
fn a_server_that_cannot_be_reached_is_named() {
    let cloud = start_cloud();
    let register_at = |host: &str, port: &str| {
        register(&cloud, |command| {
            // One question to one name server, for a machine that has none that answers.
            command.env("RES_OPTIONS", "timeout:1 attempts:1");
            command.env("TEST_HOST", host).env("TEST_PORT", port);
        })
    };
    // Nobody listens on the lowest port, and nobody can own a name below `.invalid`.
    stored_nothing(register_at("127.0.0.1", "1"), "connection to 127.0.0.1:1 refused");
    stored_nothing(register_at("iot-auth.invalid", "443"), "cannot resolve 'iot-auth.invalid'");
    let words = "no connection to iot-auth.cn-shanghai.aliyuncs.com:443";
    stored_nothing(register_at("iot-auth.invalid", "443"), words);
    assert!(cloud.trace().entries().is_empty());
}
