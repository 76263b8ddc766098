//! The console's files, which are in the program. A panel of a feature adds one line.

#![forbid(unsafe_code)]

/// The kind and the text of the page's file at this path.
pub(crate) fn file(path: &str) -> Option<(&'static str, &'static str)> {
    const JS: &str = "text/javascript; charset=utf-8";
    Some(match path {
        "/" => ("text/html; charset=utf-8", include_str!("page/index.html")),
        "/console.css" => ("text/css; charset=utf-8", include_str!("page/console.css")),
        "/icon.svg" => ("image/svg+xml", include_str!("page/icon.svg")),
        "/console.js" => (JS, include_str!("page/console.js")),
        "/api.js" => (JS, include_str!("page/api.js")),
        "/dom.js" => (JS, include_str!("page/dom.js")),
        "/devices.js" => (JS, include_str!("page/devices.js")),
        "/stream.js" => (JS, include_str!("page/stream.js")),
        "/publish.js" => (JS, include_str!("page/publish.js")),
        "/faults.js" => (JS, include_str!("page/faults.js")),
        "/plot.js" => (JS, include_str!("page/plot.js")),
        _ => return None,
    })
}
