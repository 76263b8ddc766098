//! The control API: HTTP with JSON, for the console page, for `linkkit-sim devices` and its like, and
//! for scripts. `openapi.json`, which it serves, describes it; [`ROUTES`] lists it.
//!
//! A feature adds its routes to [`actions`] and a panel to the page.

#![forbid(unsafe_code)]

mod actions;
mod guard;
mod login;
pub(crate) mod operator;
mod page;
mod stream;

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::control::operator::{Operator, Refusal};

const BODY_MAX: usize = 1024 * 1024;
const JSON: &str = "application/json";

pub(crate) type Body = UnsyncBoxBody<Bytes, Infallible>;

/// Every method and path of the API, as its description has to have them.
pub const ROUTES: [(&str, &str); 20] = [
    ("get", "/api/cloud"),
    ("get", "/api/devices"),
    ("get", "/api/events"),
    ("get", "/api/faults"),
    ("get", "/api/messages"),
    ("get", "/api/metrics"),
    ("post", "/api/certificate"),
    ("post", "/api/disable"),
    ("post", "/api/enable"),
    ("post", "/api/expire"),
    ("post", "/api/fail"),
    ("post", "/api/faults"),
    ("post", "/api/faults/clear"),
    ("post", "/api/kick"),
    ("post", "/api/login"),
    ("post", "/api/move"),
    ("post", "/api/publish"),
    ("post", "/api/reset"),
    ("get", "/openapi.json"),
    ("get", "/"),
];

/// The description of the API, in OpenAPI's form.
pub const OPENAPI: &str = include_str!("../../openapi.json");

/// Serves one connection until the client closes it.
pub(crate) async fn serve(stream: TcpStream, operator: &Operator) {
    let service = service_fn(|request| async move {
        let mut response = match answer(request, operator).await {
            Ok(response) => response,
            Err(refusal) => failure(&refusal),
        };
        guard::harden(&mut response);
        Ok::<_, Infallible>(response)
    });
    // A client that went away has nothing more to be told.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(
    request: Request<Incoming>,
    operator: &Operator,
) -> Result<Response<Body>, Refusal> {
    guard::admit(&request)?;
    let (head, body) = request.into_parts();
    let path = head.uri.path();
    if head.method == Method::GET {
        let query = head.uri.query().unwrap_or_default();
        return match path {
            "/api/events" => stream::events(operator, query, &head.headers),
            "/api/messages" => stream::messages(operator, query),
            "/openapi.json" => Ok(content(JSON, OPENAPI)),
            _ => match page::file(path) {
                Some((kind, text)) => Ok(content(kind, text)),
                None => Ok(reply(StatusCode::OK, &actions::get(operator, path, query)?)),
            },
        };
    }
    if head.method != Method::POST {
        return Err(Refusal::Invalid("use GET or POST".into()));
    }
    if head.headers.get(CONTENT_TYPE).is_none_or(|kind| kind != JSON) {
        return Err(Refusal::Invalid(format!("the content type has to be {JSON}")));
    }
    let body = Limited::new(body, BODY_MAX)
        .collect()
        .await
        .map_err(|error| Refusal::Invalid(format!("cannot read the body: {error}")))?
        .to_bytes();
    Ok(reply(StatusCode::OK, &actions::post(operator, path, &body)?))
}

fn failure(refusal: &Refusal) -> Response<Body> {
    let status = match refusal {
        Refusal::Unknown(_) => StatusCode::NOT_FOUND,
        Refusal::NotNow(_) => StatusCode::CONFLICT,
        Refusal::Invalid(_) => StatusCode::BAD_REQUEST,
        Refusal::Forbidden(_) => StatusCode::FORBIDDEN,
        Refusal::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    reply(status, &json!({"error": refusal.to_string()}))
}

fn reply(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = whole(JSON, body.to_string());
    *response.status_mut() = status;
    response
}

fn content(kind: &'static str, text: &'static str) -> Response<Body> {
    whole(kind, text)
}

fn whole(kind: &'static str, body: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(Full::from(body.into()).boxed_unsync());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
