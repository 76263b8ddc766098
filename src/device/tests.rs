use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::setup::{TIME_TO_STORE, TIMEOUT};
use super::*;
use crate::base::error::{Error, chain};
use crate::cloud::bootstrap;
use crate::cloud::region::Region;
use crate::cloud::servers::ServerText;
use crate::device::secret_store::DEVICE_SECRET_KEY;
use crate::hal::fake::{FakeHal, shared_log};
use crate::transport::test_support::{Authority, close_notify, serve_tls};

const HOST: &str = "iot-auth.cn-shanghai.aliyuncs.com";
const SECRET: &str = "KGQQFFlGinIipW9Xn7xQ5U6d6MokPZD4";

const GRANT: &str = r#"{"code":200,"data":{"iotId":"iot5d5c18d3859553f58","iotToken":"tok5d5c18d3859553f58112932825960c49","resources":{"mqtt":{"host":"us.iot-as-mqtt.cn-shanghai.aliyuncs.com","port":1883}}},"message":"success"}"#;

/// A HAL whose cloud answers every registration with `reply`, and how often it was asked.
fn registrable(reply: &'static str) -> (&'static FakeHal, Arc<AtomicUsize>) {
    answering(move |_| Some(reply))
}

/// A HAL whose cloud answers the request of each number, from 1 on, with this text, or hangs
/// up; and how often it was asked.
fn answering(
    reply: impl Fn(usize) -> Option<&'static str> + Send + 'static,
) -> (&'static FakeHal, Arc<AtomicUsize>) {
    answering_at(HOST, reply)
}

/// The same for a service at another host.
fn answering_at(
    host: &str,
    reply: impl Fn(usize) -> Option<&'static str> + Send + 'static,
) -> (&'static FakeHal, Arc<AtomicUsize>) {
    let hal = FakeHal::leak();
    let authority = Authority::new();
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    let address = serve_tls(authority.config(host), move |stream| {
        let number = counter.fetch_add(1, Ordering::SeqCst) + 1;
        let mut request = Vec::new();
        let end = |request: &[u8]| {
            request.ends_with(b"signMethod=hmacsha256") || request.ends_with(b"resources=mqtt")
        };
        while !end(&request) {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            request.push(byte[0]);
        }
        let Some(reply) = reply(number) else { return close_notify(stream) };
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{reply}", reply.len())
    });
    hal.redirect(host, 443, address);
    hal.state().pinned_root = Some(authority.pem());
    hal.state().product_secret = "ffFnFlKQW3HYjjPR".to_owned();
    (hal, asked)
}

/// Logs in directly, however this build does it without being told.
fn direct() -> Sdk {
    let sdk = Sdk::new(&crate::device::dialect::TEST);
    sdk.ioctl(Setting::SetMqttDirect, &mut 1).unwrap();
    sdk
}

fn dynamic() -> Sdk {
    let sdk = direct();
    sdk.ioctl(Setting::SetDynamicRegister, &mut 1).unwrap();
    sdk
}

fn set_up(sdk: &Sdk, hal: &'static FakeHal) -> Result<ConnInfo, Error> {
    sdk.setup_conn_info(hal, "a1ExpAkj9Hi", "Example_dyn1", "")
}

const SUCCESS: &str = r#"{"code":200,"data":{"deviceName":"Example_dyn1","deviceSecret":"KGQQFFlGinIipW9Xn7xQ5U6d6MokPZD4","productKey":"a1ExpAkj9Hi"},"message":"success"}"#;

#[test]
fn parameters_are_kept_and_bad_ones_change_nothing() {
    let sdk = Sdk::new(&crate::device::dialect::TEST);
    sdk.ioctl(Setting::SetRegion, &mut 1).unwrap();
    for bad in [-1, 5, i32::MAX] {
        assert!(sdk.ioctl(Setting::SetRegion, &mut bad.clone()).is_err());
    }
    let mut value = -7;
    sdk.ioctl(Setting::GetRegion, &mut value).unwrap();
    assert_eq!(value, 1);
    sdk.ioctl(Setting::GetDynamicRegister, &mut value).unwrap();
    assert_eq!(value, 0);
}

#[test]
fn the_build_chooses_the_login_and_the_firmware_may_choose_again() {
    let sdk = Sdk::new(&crate::device::dialect::TEST);
    let mut value = -7;
    sdk.ioctl(Setting::GetMqttDirect, &mut value).unwrap();
    assert_eq!(value, i32::from(!cfg!(feature = "https-auth")));
    for chosen in [0, 1] {
        sdk.ioctl(Setting::SetMqttDirect, &mut chosen.clone()).unwrap();
        for bad in [-1, 2, i32::MAX] {
            assert!(sdk.ioctl(Setting::SetMqttDirect, &mut bad.clone()).is_err());
        }
        sdk.ioctl(Setting::GetMqttDirect, &mut value).unwrap();
        assert_eq!(value, chosen);
    }
}

#[test]
fn a_certificate_per_device_gives_the_login_of_release_2_2_1() {
    let hal = FakeHal::leak();
    hal.state().partner_id = "example.demo.partner-id".to_owned();
    hal.state().module_id = "example.demo.module-id".to_owned();
    let sdk = direct();
    let info = sdk.setup_conn_info(hal, "a1ExpAkj9Hi", "Example_dyn1", SECRET).unwrap();
    assert_eq!(info.host, "a1ExpAkj9Hi.iot-as-mqtt.cn-shanghai.aliyuncs.com");
    assert_eq!(info.port, 1883);
    assert_eq!(info.username, "Example_dyn1&a1ExpAkj9Hi");
    assert_eq!(
        info.client_id,
        "a1ExpAkj9Hi.Example_dyn1|securemode=2,_v=sdk-c-2.2.1.1,timestamp=2524608000000,signmethod=hmacsha256,lan=C,gw=0,ext=0,partner_id=example.demo.partner-id,module_id=example.demo.module-id|"
    );
    assert_eq!(hal.calls("kv_get"), 0);
    assert_eq!(sdk.identity_of("").unwrap().device_id(), "a1ExpAkj9Hi.Example_dyn1");
}

#[test]
fn a_device_registers_once_and_then_finds_its_secret() {
    let (hal, asked) = registrable(SUCCESS);
    let first = set_up(&dynamic(), hal).unwrap();
    assert_eq!(hal.state().kv[DEVICE_SECRET_KEY], SECRET.as_bytes());
    assert_eq!(hal.state().device_secret.as_deref(), Some(SECRET));
    let second = set_up(&dynamic(), hal).unwrap();
    assert_eq!(first, second);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[test]
fn a_refusal_is_asked_for_once_and_says_what_to_do() {
    let log = shared_log();
    let (hal, asked) = registrable(r#"{"code":6289,"message":"device is already active"}"#);
    let error = set_up(&dynamic(), hal).unwrap_err();
    assert!(matches!(error, Error::Refused { code: 6289, .. }));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert_eq!((hal.calls("kv_set"), hal.calls("set_device_secret")), (0, 0));
    assert!(
        log.printed().contains("6289 device is already active - the cloud hands a secret out once")
    );
}

#[test]
fn a_secret_that_cannot_be_stored_is_used_and_offered_again() {
    let (hal, asked) = registrable(SUCCESS);
    hal.state().own_kv = true;
    hal.state().kv_failure = Some(-1);
    let sdk: &Sdk = Box::leak(Box::new(dynamic()));
    let first = set_up(sdk, hal).unwrap();
    assert_eq!(hal.state().device_secret.as_deref(), Some(SECRET));
    sdk.save_again_when_due(hal);
    assert_eq!(hal.calls("kv_set"), 1, "the store is left alone for a while");

    assert_eq!(set_up(sdk, hal).unwrap(), first, "the secret in memory serves");
    assert_eq!(hal.calls("kv_set"), 2);
    hal.state().kv_failure = None;
    sdk.save_again(hal);
    assert_eq!(hal.state().kv[DEVICE_SECRET_KEY], SECRET.as_bytes());
    let calls = hal.calls("kv_set");
    sdk.save_again(hal);
    assert_eq!(hal.calls("kv_set"), calls, "once stored it is not stored again");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[test]
fn connecting_leaves_the_time_to_store() {
    let (hal, _) = registrable(SUCCESS);
    set_up(&dynamic(), hal).unwrap();
    let patience = hal.state().patience;
    assert!(!patience.is_zero() && patience <= TIMEOUT - TIME_TO_STORE, "{patience:?}");
}

#[test]
fn what_cannot_be_kept_is_not_asked_for() {
    let (hal, asked) = registrable(SUCCESS);
    hal.state().kv_failure = Some(-1);
    assert!(matches!(set_up(&dynamic(), hal), Err(Error::Store(_))));
    hal.state().kv_unreadable = Some("cannot read it".into());
    assert!(matches!(set_up(&dynamic(), hal), Err(Error::Store(_))));
    assert_eq!((asked.load(Ordering::SeqCst), hal.calls("tcp_establish")), (0, 0));
    assert!(hal.state().kv.is_empty());
}

#[test]
fn a_secret_in_memory_is_not_another_device_s() {
    let (hal, _) = registrable(SUCCESS);
    hal.state().own_kv = true;
    hal.state().kv_failure = Some(-1);
    let sdk = dynamic();
    set_up(&sdk, hal).unwrap();
    let other = sdk.setup_conn_info(hal, "a1ExpAkj9Hi", "another", "");
    assert!(matches!(other, Err(Error::BadReply(_))), "the cloud answers for Example_dyn1");
}

#[test]
fn a_stored_secret_is_not_another_device_s() {
    let (hal, asked) = registrable(SUCCESS);
    set_up(&dynamic(), hal).unwrap();
    let other = dynamic().setup_conn_info(hal, "a1ExpAkj9Hi", "another", "");
    assert!(matches!(other, Err(Error::BadReply(_))), "the cloud answers for Example_dyn1");
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    set_up(&dynamic(), hal).unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 2, "and the first device still has its own");
}

#[test]
fn what_is_missing_is_said_before_anything_is_done() {
    let hal = FakeHal::leak();
    assert!(matches!(set_up(&dynamic(), hal), Err(Error::NoProductSecret)));
    hal.state().product_secret = "s".repeat(65);
    assert!(matches!(set_up(&dynamic(), hal), Err(Error::TooLong { what: "product secret", .. })));
    for (product_key, device_name, secret) in [
        ("", "d", "s"),
        ("p", "", "s"),
        ("p", "d", ""),
        (&*"p".repeat(21), "d", "s"),
        ("p", &*"d".repeat(33), "s"),
        ("p", "d", &*"s".repeat(65)),
    ] {
        assert!(direct().setup_conn_info(hal, product_key, device_name, secret).is_err());
    }
    assert_eq!((hal.calls("tcp_establish"), hal.calls("kv_set")), (0, 0));
}

#[test]
fn a_stored_value_that_is_no_secret_is_not_used() {
    let (hal, asked) = registrable(SUCCESS);
    hal.state().kv.insert(DEVICE_SECRET_KEY.to_owned(), vec![0xFF; 10]);
    set_up(&dynamic(), hal).unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert_eq!(hal.state().kv[DEVICE_SECRET_KEY], SECRET.as_bytes());
}

#[test]
fn a_client_id_that_the_platform_would_cut_is_refused() {
    let hal = FakeHal::leak();
    hal.state().partner_id = "p".repeat(64);
    hal.state().module_id = "m".repeat(64);
    let result = direct().setup_conn_info(hal, &"p".repeat(20), &"d".repeat(32), "secret");
    assert!(matches!(result, Err(Error::TooLong { what: "client id", .. })));
}

#[test]
fn https_authentication_gives_the_login_of_release_2_2_1() {
    let (hal, asked) = registrable(GRANT);
    hal.state().partner_id = "example.demo.partner-id".to_owned();
    hal.state().module_id = "example.demo.module-id".to_owned();
    let sdk = Sdk::new(&crate::device::dialect::TEST);
    sdk.ioctl(Setting::SetMqttDirect, &mut 0).unwrap();
    let info = sdk.setup_conn_info(hal, "a1ExpAkj9Hi", "Example_dyn1", SECRET).unwrap();
    assert_eq!(info.host, "us.iot-as-mqtt.cn-shanghai.aliyuncs.com");
    assert_eq!(info.port, 1883);
    assert_eq!(info.username, "iot5d5c18d3859553f58");
    assert_eq!(info.password.expose(), "tok5d5c18d3859553f58112932825960c49");
    assert_eq!(
        info.client_id,
        "a1ExpAkj9Hi.Example_dyn1|securemode=-1,_v=sdk-c-2.2.1.1,timestamp=2524608000000,signmethod=hmacsha1,lan=C,gw=0,ext=0,partner_id=example.demo.partner-id,module_id=example.demo.module-id|"
    );

    let renewal = sdk.renewal(&info.host, &info.username).unwrap();
    assert_eq!(renewal.renew(hal).unwrap().server.host, info.host);
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert!(sdk.renewal("other.host", &info.username).is_none());
    assert!(sdk.renewal(&info.host, "other user").is_none());

    sdk.ioctl(Setting::SetMqttDirect, &mut 1).unwrap();
    sdk.setup_conn_info(hal, "a1ExpAkj9Hi", "Example_dyn1", SECRET).unwrap();
    assert!(sdk.renewal(&info.host, &info.username).is_none(), "a direct login is for ever");
}

#[test]
fn each_of_several_devices_authenticates_again() {
    const OF_ANOTHER: &str = r#"{"code":200,"data":{"iotId":"iotOther","iotToken":"tokOther","resources":{"mqtt":{"host":"de.iot-as-mqtt.cn-shanghai.aliyuncs.com","port":1883}}}}"#;
    let (hal, _) = answering(|number| Some(if number == 2 { OF_ANOTHER } else { GRANT }));
    let sdk = Sdk::new(&crate::device::dialect::TEST);
    sdk.ioctl(Setting::SetMqttDirect, &mut 0).unwrap();
    let set_up = |name| sdk.setup_conn_info(hal, "a1ExpAkj9Hi", name, SECRET).unwrap();
    let (first, second) = (set_up("Example_dyn1"), set_up("another"));
    let renewal = |info: &ConnInfo| sdk.renewal(&info.host, &info.username);
    for (info, name) in [(&first, "Example_dyn1"), (&second, "another")] {
        assert_eq!(renewal(info).unwrap().identity.device_name(), name);
        assert_eq!(sdk.identity_of(&info.client_id).unwrap().device_name(), name);
    }
    assert_eq!(sdk.identity_of("the firmware's own").unwrap().device_name(), "another");

    let third = set_up("another");
    assert!(renewal(&second).is_none(), "a later login of the same device counts");
    assert!(renewal(&third).is_some());
    sdk.ioctl(Setting::SetMqttDirect, &mut 1).unwrap();
    sdk.setup_conn_info(hal, "a1ExpAkj9Hi", "another", SECRET).unwrap();
    assert_eq!(renewal(&first).unwrap().identity.device_name(), "Example_dyn1");
}

const LOCATION: &str = r#"{"code":200,"data":{"resources":{"mqtt":{"host":"a1ExpAkj9Hi.iot-as-mqtt.us-west-1.aliyuncs.com","port":1883}}},"message":"success"}"#;

#[test]
fn bootstrap_counts_before_endpoint_port_and_region() {
    let (hal, asked) = answering_at(bootstrap::HOST, |_| Some(LOCATION));
    let sdk = direct();
    sdk.set_server_text(ServerText::Endpoint, "own.example").unwrap();
    sdk.ioctl(Setting::SetMqttPort, &mut 8883).unwrap();
    sdk.ioctl(Setting::SetBootstrap, &mut 1).unwrap();
    let set_up = || sdk.setup_conn_info(hal, "a1ExpAkj9Hi", "Example_dyn1", SECRET).unwrap();
    let located = set_up();
    assert_eq!(located.host, "a1ExpAkj9Hi.iot-as-mqtt.us-west-1.aliyuncs.com");
    assert_eq!((located.port, &*located.username), (1883, "Example_dyn1&a1ExpAkj9Hi"));

    sdk.ioctl(Setting::SetEnvironment, &mut 1).unwrap();
    let in_test_environment = set_up();
    assert_eq!(in_test_environment.host, "iot-as-mqtt.cn-shanghai.aliyuncs.com");
    assert_eq!(in_test_environment.port, located.port, "as the cloud said");
    sdk.ioctl(Setting::SetEnvironment, &mut 0).unwrap();

    sdk.ioctl(Setting::SetBootstrap, &mut 0).unwrap();
    let usual = set_up();
    assert_eq!((&*usual.host, usual.port), ("own.example", 8883));
    assert_eq!(usual.client_id, located.client_id);
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[test]
fn bootstrap_is_tried_again_where_that_can_help() {
    let (hal, asked) = answering_at(bootstrap::HOST, |number| match number {
        1 => Some(r#"{"code":503}"#),
        2 => None,
        _ => Some(LOCATION),
    });
    let sdk = direct();
    sdk.ioctl(Setting::SetBootstrap, &mut 1).unwrap();
    sdk.setup_conn_info(hal, "a1ExpAkj9Hi", "Example_dyn1", SECRET).unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}

#[test]
fn a_bootstrap_that_is_refused_ends_the_set_up() {
    let log = shared_log();
    let (hal, asked) = answering_at(bootstrap::HOST, |_| Some(r#"{"code":6250}"#));
    let sdk = direct();
    sdk.ioctl(Setting::SetBootstrap, &mut 1).unwrap();
    let outcome = sdk.setup_conn_info(hal, "a1ExpAkj9Hi", "Example_dyn1", SECRET);
    assert!(matches!(outcome, Err(Error::Refused { code: 6250, .. })));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert!(sdk.identity_of("").is_none());
    assert!(log.printed().contains("Bootstrap Failed: the cloud refused: 6250"));
}

#[test]
fn a_login_that_names_its_node_asks_for_no_bootstrap() {
    // Bootstrap's own host cannot be reached here.
    let (hal, asked) = registrable(GRANT);
    let sdk = Sdk::new(&crate::device::dialect::TEST);
    sdk.ioctl(Setting::SetMqttDirect, &mut 0).unwrap();
    sdk.ioctl(Setting::SetBootstrap, &mut 1).unwrap();
    sdk.setup_conn_info(hal, "a1ExpAkj9Hi", "Example_dyn1", SECRET).unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[test]
fn the_uuid_is_shown_as_its_digest_where_that_is_on() {
    let hal = FakeHal::leak();
    let sdk = direct();
    let client_id =
        || sdk.setup_conn_info(hal, "a1ExpAkj9Hi", "Example_dyn1", SECRET).unwrap().client_id;
    assert!(client_id().ends_with(",gw=0,ext=0|"));
    sdk.ioctl(Setting::SetUuid, &mut 1).unwrap();
    assert!(sdk.ioctl(Setting::SetUuid, &mut 2).is_err());
    // md5sum of what the fake HAL gives: unique.
    assert!(
        client_id().ends_with(",gw=0,ext=0,_uuid=673EB027E9C056F57140322807351DD5|"),
        "{}",
        client_id()
    );
    sdk.ioctl(Setting::SetUuid, &mut 0).unwrap();
    assert!(!client_id().contains("_uuid"));
}

#[test]
fn a_device_registers_and_authenticates_in_one_go() {
    let (hal, asked) = answering(|number| Some(if number == 1 { SUCCESS } else { GRANT }));
    let sdk = dynamic();
    sdk.ioctl(Setting::SetMqttDirect, &mut 0).unwrap();
    assert_eq!(set_up(&sdk, hal).unwrap().username, "iot5d5c18d3859553f58");
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert_eq!(hal.state().kv[DEVICE_SECRET_KEY], SECRET.as_bytes());
}

#[test]
fn a_busy_cloud_is_asked_again() {
    let (hal, asked) = answering(|number| {
        Some(if number < 3 { r#"{"code":500,"message":"service error"}"# } else { SUCCESS })
    });
    set_up(&dynamic(), hal).unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}

#[test]
fn a_refusal_after_a_failure_tells_of_the_secret_that_may_be_lost() {
    let log = shared_log();
    let (hal, asked) = answering(|number| {
        Some(match number {
            1 => r#"{"code":503}"#,
            _ => r#"{"code":6289,"message":"device is already active"}"#,
        })
    });
    assert!(matches!(set_up(&dynamic(), hal), Err(Error::Refused { code: 6289, .. })));
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert!(log.printed().contains("an earlier one of these 2 attempts may have been accepted"));
}

#[test]
fn a_registration_that_is_not_answered_is_not_sent_again_and_the_log_says_so() {
    let log = shared_log();
    let (hal, asked) = answering(|_| None);
    assert!(matches!(set_up(&dynamic(), hal), Err(Error::Unanswered(_))));
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert!(log.printed().contains("the cloud may have accepted the registration"));
}

#[test]
fn an_authentication_that_is_not_answered_is_sent_again() {
    let (hal, asked) = answering(|number| (number > 1).then_some(GRANT));
    let sdk = Sdk::new(&crate::device::dialect::TEST);
    sdk.ioctl(Setting::SetMqttDirect, &mut 0).unwrap();
    sdk.setup_conn_info(hal, "a1ExpAkj9Hi", "Example_dyn1", SECRET).unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 2);
}

#[test]
fn a_cloud_that_cannot_be_reached_is_tried_three_times() {
    let hal = FakeHal::leak();
    hal.state().product_secret = "secret".to_owned();
    assert!(matches!(set_up(&dynamic(), hal), Err(Error::Transport(_))));
    assert_eq!(hal.calls("tcp_establish"), 3);
}

#[test]
fn every_region_registers_and_authenticates_at_its_own_host() {
    let authority = Authority::new();
    let address = serve_tls(authority.config("other.test"), close_notify);
    for region in Region::ALL {
        let hal = FakeHal::leak();
        hal.redirect(&region.https_host(), 443, address);
        hal.state().pinned_root = Some(authority.pem());
        hal.state().product_secret = "secret".to_owned();
        let sdk = dynamic();
        sdk.ioctl(Setting::SetRegion, &mut region.number()).unwrap();
        sdk.ioctl(Setting::SetMqttDirect, &mut 0).unwrap();
        for dynamic_register in [1, 0] {
            sdk.ioctl(Setting::SetDynamicRegister, &mut dynamic_register.clone()).unwrap();
            let error = sdk.setup_conn_info(hal, "a1ExpAkj9Hi", "d", SECRET).unwrap_err();
            let wanted = format!("wanted {}, has other.test", region.https_host());
            assert!(chain(&error).contains(&wanted), "{error:?}");
        }
    }
}
