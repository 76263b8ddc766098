//! The control API is what its description says.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use linkkit_sim::{Cloud, OPENAPI, ROUTES};
use serde_json::{Value, json};

use crate::control::start;
use crate::support::{Device, Login, TIMEOUT, register};

fn described() -> Value {
    serde_json::from_str(OPENAPI).unwrap()
}

/// Status and body of an answer.
fn ask(cloud: &Cloud, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let mut stream = TcpStream::connect(cloud.control_addr().unwrap()).unwrap();
    stream.set_read_timeout(Some(TIMEOUT)).unwrap();
    let body = body.to_string();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    let (head, body) = reply.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

/// What is wrong with a value by a schema, in the words of OpenAPI that the description uses.
fn wrong(schema: &Value, value: &Value, whole: &Value) -> Option<String> {
    if let Some(name) = schema["$ref"].as_str() {
        return wrong(whole.pointer(name.strip_prefix('#').unwrap()).unwrap(), value, whole);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let all: Option<Vec<String>> =
            choices.iter().map(|choice| wrong(choice, value, whole)).collect();
        return all.map(|all| all.join(" and "));
    }
    let fits = match schema["type"].as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64(),
        "number" => value.is_number(),
        "null" => value.is_null(),
        other => panic!("{other}"),
    };
    if !fits || schema["enum"].as_array().is_some_and(|choices| !choices.contains(value)) {
        return Some(format!("{value} is not {schema}"));
    }
    if let Some(items) = value.as_array().filter(|_| schema["items"].is_object()) {
        return items.iter().find_map(|item| wrong(&schema["items"], item, whole));
    }
    let object = value.as_object()?;
    let required = schema["required"].as_array().into_iter().flatten();
    for name in required.map(|name| name.as_str().unwrap()) {
        if !object.contains_key(name) {
            return Some(format!("{name} is missing in {value}"));
        }
    }
    object.iter().find_map(|(name, value)| match &schema["properties"][name] {
        Value::Null if schema["additionalProperties"] == false => Some(format!("{name} is extra")),
        Value::Null => None,
        property => wrong(property, value, whole).map(|why| format!("{name}: {why}")),
    })
}

#[test]
fn every_route_is_described_and_nothing_else() {
    let described = described();
    let paths = described["paths"].as_object().unwrap().iter();
    let mut told: Vec<(&str, &str)> = paths
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().keys().map(|method| (method.as_str(), path.as_str()))
        })
        .collect();
    let mut known = ROUTES.to_vec();
    told.sort_unstable();
    known.sort_unstable();
    assert_eq!(told, known);
}

#[test]
fn answers_have_the_form_that_is_described() {
    let described = described();
    let mut checked = 0;
    for (method, path) in ROUTES {
        let operation = &described["paths"][path][method];
        let reply = &operation["responses"]["200"]["content"]["application/json"]["schema"];
        if reply.is_null() {
            continue;
        }
        let cloud = start();
        register(&cloud, "Example_dyn1");
        let _online = Device::connect(&cloud, &Login::of(&cloud, "Example_dyn1"));
        let fault = json!({"fault": "drop", "device": "Example_dyn1", "count": 1});
        assert_eq!(ask(&cloud, "POST", "/api/faults", &fault).0, 200);
        let request = &operation["requestBody"]["content"]["application/json"];
        if method == "post" {
            assert_eq!(wrong(&request["schema"], &request["example"], &described), None, "{path}");
        }
        let (status, answer) = ask(&cloud, &method.to_uppercase(), path, &request["example"]);
        assert_eq!(status, 200, "{path}: {answer}");
        assert_eq!(wrong(reply, &answer, &described), None, "{path}");
        checked += 1;
    }
    assert!(checked > 12, "only {checked} were looked at");
}

#[test]
fn refusals_have_a_status_and_words() {
    let cloud = start();
    for (method, path, body, status) in [
        ("POST", "/api/kick", json!({"device": "nobody"}), 404),
        ("POST", "/api/kick", json!({"device": "Example_dev1"}), 409),
        ("POST", "/api/kick", json!({"gadget": "Example_dev1"}), 400),
        ("POST", "/api/login", json!({"device": "Example_dyn1"}), 409),
        ("POST", "/api/faults", json!({"fault": "drop", "chance": 7}), 400),
        ("POST", "/api/faults", json!({"fault": "explode"}), 400),
        ("POST", "/api/publish", json!({"topic": "/a/b", "payloadBase64": "?"}), 400),
        ("GET", "/api/nothing", json!(null), 404),
        ("DELETE", "/api/devices", json!(null), 400),
    ] {
        let (told, answer) = ask(&cloud, method, path, &body);
        assert_eq!(told, status, "{path} {body}: {answer}");
        assert!(answer["error"].is_string(), "{answer}");
    }
}

#[test]
fn a_disabled_device_is_refused_until_it_is_enabled() {
    let cloud = start();
    let login = Login::of(&cloud, "Example_dev1");
    let (mut device, _) = Device::connect(&cloud, &login);
    ask(&cloud, "POST", "/api/disable", &json!({"device": "Example_dev1"}));
    assert_eq!(device.receive(), None);
    let (_, ack) = Device::try_connect(&cloud, &login);
    assert_eq!(ack.code, linkkit_sim::ConnectReturnCode::NotAuthorized);
    ask(&cloud, "POST", "/api/enable", &json!({"device": "Example_dev1"}));
    Device::connect(&cloud, &login);
}
