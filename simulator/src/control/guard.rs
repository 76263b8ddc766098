//! Who gets in: programs of this machine, and the console page.
//!
//! A page of somebody else, open in a browser on this machine, must not: neither by the machine's
//! loopback address nor by a name of its own that it makes point there. So a request has to name the
//! machine by a loopback address, a browser has to say that the console's own page sent it, and one
//! that changes anything has to be JSON, which no page may send elsewhere without asking.

#![forbid(unsafe_code)]

use std::net::IpAddr;

use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderName, HeaderValue, ORIGIN, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use hyper::{HeaderMap, Method, Request, Response};

use crate::control::operator::Refusal;

/// Everything is in the page's own files, and nothing is written into the page as HTML.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'";

/// Set by browsers: how the page that sent a request is related to this one.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Refuses what a foreign page may have sent.
pub(crate) fn admit<B>(request: &Request<B>) -> Result<(), Refusal> {
    let headers = request.headers();
    let host = text(headers, &HOST);
    if !host.is_some_and(names_loopback) {
        return Err(Refusal::Forbidden("name this machine by a loopback address".into()));
    }
    let own = |origin: &str| origin.strip_prefix("http://") == host;
    if text(headers, &ORIGIN).is_some_and(|origin| !own(origin)) {
        return Err(Refusal::Forbidden("no page of another origin gets in".into()));
    }
    // A link may lead to the page from anywhere, but to nothing else.
    let opens_page = request.method() == Method::GET && request.uri().path() == "/";
    match text(headers, &SEC_FETCH_SITE) {
        None | Some("same-origin" | "none") => Ok(()),
        Some(_) if opens_page => Ok(()),
        Some(_) => Err(Refusal::Forbidden("no page of another site gets in".into())),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    // What is no text is nobody's origin and nobody's host.
    headers.get(name).map(|value| value.to_str().unwrap_or(""))
}

/// Whether this is `localhost` or a loopback address, with or without a port.
fn names_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Tells a browser to load nothing from elsewhere, and to show the page in no other.
pub(crate) fn harden<B>(response: &mut Response<B>) {
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_SECURITY_POLICY, POLICY),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
        (REFERRER_POLICY, "no-referrer"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(method: &str, path: &str, headers: &[(&str, &str)]) -> bool {
        let request = Request::builder().method(method).uri(path);
        let request = headers
            .iter()
            .fold(request, |request, (name, value)| request.header(*name, *value))
            .body(())
            .unwrap();
        admit(&request).is_ok()
    }

    #[test]
    fn a_host_has_to_be_loopback() {
        for host in ["localhost", "localhost:1", "127.0.0.1:18830", "127.0.0.5", "[::1]:1", "[::1]"]
        {
            assert!(admitted("GET", "/api/devices", &[("host", host)]), "{host}");
        }
        for host in ["", "evil.example", "localhost.evil.example", "10.0.0.1:80", "[::2]:1"] {
            assert!(!admitted("GET", "/api/devices", &[("host", host)]), "{host}");
        }
        assert!(!admitted("GET", "/", &[]));
    }

    #[test]
    fn a_page_has_to_be_the_consoles() {
        let host = ("host", "127.0.0.1:1");
        assert!(admitted("POST", "/api/kick", &[host, ("origin", "http://127.0.0.1:1")]));
        for origin in ["http://127.0.0.1:2", "https://127.0.0.1:1", "http://evil.example", "null"] {
            assert!(!admitted("GET", "/api/devices", &[host, ("origin", origin)]), "{origin}");
        }
        let from = |site| [host, ("sec-fetch-site", site)];
        assert!(admitted("GET", "/api/devices", &from("same-origin")));
        assert!(
            !admitted("GET", "/api/devices", &from("same-site")),
            "another port of this machine"
        );
        assert!(!admitted("GET", "/api/devices", &from("cross-site")));
        assert!(admitted("GET", "/", &from("cross-site")), "a link to the page");
    }
}
