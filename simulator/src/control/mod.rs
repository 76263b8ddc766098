//! The control API: HTTP with JSON, for `linkkit-sim devices` and its like and for scripts.
//!
//! | request | what it does |
//! |---|---|
//! | `GET /devices` | lists the devices |
//! | `POST /reset` `{"device"}` | makes a device registrable again |
//! | `POST /kick` `{"device"}` | drops its connection |
//! | `POST /move` `{"device", "region"}` | sends it to another data node |
//! | `POST /publish` `{"topic", "payload", "qos", "retain"}` | publishes to devices |
//! | `POST /fail` `{"status", "delayMs", "count"}` | spoils or delays the next HTTPS answers |
//! | `POST /expire` | makes every token void |
//! | `GET /watch?topic=FILTER` | streams messages, a JSON object a line, until the client leaves |
//!
//! It is for this machine alone. A page in a browser on it must not get in, so a request has to
//! name the machine by a loopback address, and one that changes anything has to be JSON, which no
//! page may send elsewhere without asking.

#![forbid(unsafe_code)]

pub(crate) mod operator;

use std::convert::Infallible;
use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Channel, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HOST};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use rumqttc::QoS;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::control::operator::{Operator, Refusal};
use crate::https::fault::HttpsFault;

const BODY_MAX: usize = 1024 * 1024;
const JSON: &str = "application/json";
/// More answers than this to spoil at once is a mistake.
const FAULTS_MAX: u32 = 1000;

type Body = UnsyncBoxBody<Bytes, Infallible>;

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
#[serde(deny_unknown_fields)]
struct Publish {
    topic: String,
    payload: String,
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

fn one() -> u32 {
    1
}

/// Serves one connection until the client closes it.
pub(crate) async fn serve(stream: TcpStream, operator: &Operator) {
    let service = service_fn(|request| async move {
        Ok::<_, Infallible>(match answer(request, operator).await {
            Ok(response) => response,
            Err(refusal) => failure(&refusal),
        })
    });
    // A client that went away has nothing more to be told.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(
    request: Request<Incoming>,
    operator: &Operator,
) -> Result<Response<Body>, Refusal> {
    if !names_loopback(&request) {
        return Err(Refusal::Invalid("name this machine by a loopback address".into()));
    }
    let (head, body) = request.into_parts();
    if head.method == Method::GET {
        return match head.uri.path() {
            "/devices" => Ok(reply(StatusCode::OK, &json!(operator.devices()))),
            "/watch" => watch(operator, head.uri.query().unwrap_or_default()),
            path => Err(Refusal::Unknown(format!("there is nothing to get at {path}"))),
        };
    }
    if head.headers.get(CONTENT_TYPE).is_none_or(|kind| kind != JSON) {
        return Err(Refusal::Invalid(format!("the content type has to be {JSON}")));
    }
    let body = Limited::new(body, BODY_MAX)
        .collect()
        .await
        .map_err(|error| Refusal::Invalid(format!("cannot read the body: {error}")))?
        .to_bytes();
    Ok(reply(StatusCode::OK, &act(operator, head.uri.path(), &body)?))
}

/// Does what the path stands for, with what the body says.
fn act(operator: &Operator, path: &str, body: &[u8]) -> Result<Value, Refusal> {
    Ok(match path {
        "/reset" => {
            let device = operator.find(&parse::<OneDevice>(body)?.device)?;
            operator.reset(&device)?;
            json!({"reset": device})
        }
        "/kick" => {
            let device = operator.find(&parse::<OneDevice>(body)?.device)?;
            operator.kick(&device)?;
            json!({"kicked": device})
        }
        "/move" => {
            let Move { device, region } = parse(body)?;
            let device = operator.find(&device)?;
            operator.move_to(&device, &region)?;
            json!({"moved": device, "region": region})
        }
        "/publish" => publish(operator, parse(body)?)?,
        "/fail" => fail(operator, &parse(body)?)?,
        "/expire" => {
            operator.registry.expire_tokens();
            json!({})
        }
        path => return Err(Refusal::Unknown(format!("there is nothing to do at {path}"))),
    })
}

fn publish(operator: &Operator, wish: Publish) -> Result<Value, Refusal> {
    let qos = match wish.qos {
        0 => QoS::AtMostOnce,
        1 => QoS::AtLeastOnce,
        qos => return Err(Refusal::Invalid(format!("QoS {qos}: the platform has 0 and 1"))),
    };
    let receivers = operator.publish(&wish.topic, wish.payload.into(), qos, wish.retain)?;
    Ok(json!({"receivers": receivers}))
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

fn watch(operator: &Operator, query: &str) -> Result<Response<Body>, Refusal> {
    let filter = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "topic");
    let (_, filter) = filter.ok_or_else(|| Refusal::Invalid("the topic is missing".into()))?;
    let mut messages = operator.watch(&filter)?;
    let (mut lines, body) = Channel::new(16);
    tokio::spawn(async move {
        while let Some(message) = messages.recv().await {
            let line = format!("{}\n", json!(message));
            if lines.send_data(line.into()).await.is_err() {
                return;
            }
        }
    });
    let mut response = Response::new(body.boxed_unsync());
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(JSON));
    Ok(response)
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| Refusal::Invalid(error.to_string()))
}

/// Whether the request is for `localhost` or a loopback address: not one to which somebody has
/// made a name of their own point.
fn names_loopback(request: &Request<Incoming>) -> bool {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(host, _port)| host);
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn failure(refusal: &Refusal) -> Response<Body> {
    let status = match refusal {
        Refusal::Unknown(_) => StatusCode::NOT_FOUND,
        Refusal::NotNow(_) => StatusCode::CONFLICT,
        Refusal::Invalid(_) => StatusCode::BAD_REQUEST,
        Refusal::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    reply(status, &json!({"error": refusal.to_string()}))
}

fn reply(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = Response::new(Full::from(body.to_string()).boxed_unsync());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(JSON));
    response
}
