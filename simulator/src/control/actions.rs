//! What can be asked and done, but for the streams.

#![forbid(unsafe_code)]

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use rumqttc::QoS;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::control::login;
use crate::control::operator::{Operator, Refusal};
use crate::faults::Certificate;
use crate::https::fault::HttpsFault;
use crate::mqtt::fault::FaultRule;
use crate::trace::milliseconds;

/// More answers than this to spoil at once is a mistake.
const FAULTS_MAX: u32 = 1000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OneDevice {
    device: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Move {
    device: String,
    region: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Publish {
    topic: String,
    #[serde(default)]
    payload: String,
    payload_base64: Option<String>,
    #[serde(default)]
    qos: u8,
    #[serde(default)]
    retain: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Fail {
    status: Option<u16>,
    delay_ms: Option<u64>,
    #[serde(default = "one")]
    count: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Clear {
    id: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Present {
    certificate: Certificate,
}

fn one() -> u32 {
    1
}

/// What the path stands for.
pub(crate) fn get(operator: &Operator, path: &str, query: &str) -> Result<Value, Refusal> {
    Ok(match path {
        "/api/cloud" => cloud(operator),
        "/api/devices" => json!(operator.devices()),
        "/api/faults" => faults(operator),
        "/api/metrics" => {
            let from = number(query, "from").unwrap_or_default();
            json!({"started": milliseconds(operator.trace.started()),
                   "seconds": operator.trace.seconds(from)})
        }
        path => return Err(Refusal::Unknown(format!("there is nothing to get at {path}"))),
    })
}

/// Does what the path stands for, with what the body says.
pub(crate) fn post(operator: &Operator, path: &str, body: &[u8]) -> Result<Value, Refusal> {
    Ok(match path {
        "/api/reset" => {
            let device = operator.find(&parse::<OneDevice>(body)?.device)?;
            operator.reset(&device)?;
            json!({"reset": device})
        }
        "/api/kick" => {
            let device = operator.find(&parse::<OneDevice>(body)?.device)?;
            operator.kick(&device)?;
            json!({"kicked": device})
        }
        "/api/move" => {
            let Move { device, region } = parse(body)?;
            let device = operator.find(&device)?;
            operator.move_to(&device, &region)?;
            json!({"moved": device, "region": region})
        }
        "/api/disable" | "/api/enable" => {
            let device = operator.find(&parse::<OneDevice>(body)?.device)?;
            let disabled = path == "/api/disable";
            operator.set_disabled(&device, disabled);
            json!({"device": device, "disabled": disabled})
        }
        "/api/publish" => publish(operator, parse(body)?)?,
        "/api/fail" => fail(operator, &parse(body)?)?,
        "/api/expire" => {
            operator.registry.expire_tokens();
            json!({})
        }
        "/api/certificate" => {
            let Present { certificate } = parse(body)?;
            operator.faults.present(certificate);
            json!({"certificate": certificate})
        }
        "/api/faults" => add_fault(operator, parse(body)?)?,
        "/api/faults/clear" => {
            json!({"cleared": operator.faults.clear(parse::<Clear>(body)?.id)})
        }
        "/api/login" => login::lines(operator, &parse::<OneDevice>(body)?.device)?,
        path => return Err(Refusal::Unknown(format!("there is nothing to do at {path}"))),
    })
}

fn cloud(operator: &Operator) -> Value {
    let config = &operator.registry.config;
    let place = &operator.place;
    let regions: Vec<Value> = config
        .regions
        .iter()
        .map(|region| json!({"name": region.name, "address": region.address}))
        .collect();
    let env = place.redirect_env(&config.regions).into_iter();
    let env: serde_json::Map<_, _> =
        env.map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "started": milliseconds(operator.trace.started()),
        "httpsPort": place.https_port,
        "mqttPort": place.mqtt_port,
        "regions": regions,
        "env": env,
    })
}

fn faults(operator: &Operator) -> Value {
    json!({
        "rules": operator.faults.rules(),
        "seed": operator.faults.mqtt.seed().to_string(),
        "certificate": operator.faults.certificate(),
        "httpsAnswers": operator.faults.https_waiting(),
    })
}

fn add_fault(operator: &Operator, mut rule: FaultRule) -> Result<Value, Refusal> {
    if let Some(device) = &rule.device {
        rule.device = Some(operator.find(device)?.to_string());
    }
    let id = operator.faults.add(rule).map_err(Refusal::Invalid)?;
    Ok(json!({"id": id}))
}

fn publish(operator: &Operator, wish: Publish) -> Result<Value, Refusal> {
    let qos = match wish.qos {
        0 => QoS::AtMostOnce,
        1 => QoS::AtLeastOnce,
        qos => return Err(Refusal::Invalid(format!("QoS {qos}: the platform has 0 and 1"))),
    };
    let payload = match wish.payload_base64 {
        None => wish.payload.into(),
        Some(encoded) => {
            let bytes = STANDARD.decode(encoded);
            Bytes::from(bytes.map_err(|why| Refusal::Invalid(format!("the payload: {why}")))?)
        }
    };
    Ok(json!(operator.publish(&wish.topic, payload, qos, wish.retain)?))
}

fn fail(operator: &Operator, wish: &Fail) -> Result<Value, Refusal> {
    if wish.status.is_none() && wish.delay_ms.is_none() {
        return Err(Refusal::Invalid("say how to fail: with a status, late, or both".into()));
    }
    if wish.status.is_some_and(|status| !(400..=599).contains(&status)) {
        return Err(Refusal::Invalid("a status that is a failure is from 400 to 599".into()));
    }
    if wish.count > FAULTS_MAX {
        return Err(Refusal::Invalid(format!("at most {FAULTS_MAX} answers at once")));
    }
    let delay = Duration::from_millis(wish.delay_ms.unwrap_or_default());
    for _ in 0..wish.count {
        operator.faults.spoil_next_https(delay, wish.status.map(HttpsFault::status));
    }
    Ok(json!({"answers": wish.count}))
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::Invalid(error.to_string()))
}

/// A number in a query.
pub(super) fn number(query: &str, name: &str) -> Option<u64> {
    text(query, name)?.parse().ok()
}

/// A text in a query; an empty one counts as none.
pub(super) fn text(query: &str, name: &str) -> Option<String> {
    let mut pairs = form_urlencoded::parse(query.as_bytes());
    let (_, value) = pairs.find(|(known, _)| known == name)?;
    (!value.is_empty()).then(|| value.into_owned())
}
