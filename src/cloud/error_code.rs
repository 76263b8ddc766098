//! The platform's error codes in words: what happened, and what to do about it in the console.
//!
//! Most are from the platform's public list "Error codes for devices" and from the Living
//! Platform's list of common codes. 6289 is what the documentation of dynamic registration shows.
//! 6287 and 6288 are codes that the registration service is known to answer with and that no
//! public list explains: their texts say what the checks are that remain.

#![forbid(unsafe_code)]

/// The service has too much to do.
const TOO_MANY_REQUESTS: i64 = 429;

/// Each code that a registration or an authentication may be refused with, and its explanation.
const EXPLAINED: [(i64, &str); 17] = [
    (400, "the service could not process the request: if it stays so, submit a ticket"),
    (
        401,
        "the request was not accepted as the device's own: compare product key, device name and secret with the console",
    ),
    (
        403,
        "the request is forbidden: check in the console that product and device belong to this account and are enabled",
    ),
    (
        404,
        "there is no such service at this host: check that the region is the one in which the product was made",
    ),
    (TOO_MANY_REQUESTS, "the device asks too often: wait before it asks again"),
    (
        460,
        "a parameter is missing or malformed: check product key, device name and secret for characters and lengths that the console does not show",
    ),
    (500, "the service failed: wait before asking again, and submit a ticket if it stays so"),
    (503, "the service is not available at the moment: wait before asking again"),
    (
        5005,
        "there is no product with this product key: compare it with the console, and check the region",
    ),
    (
        6100,
        "the product has no device with this name: create it in the console under Devices, or check device name and region",
    ),
    (
        6203,
        "the service could not make out whom the request is about: check product key and device name, then submit a ticket",
    ),
    (6204, "the device is disabled: enable it in the console under Devices"),
    (
        6250,
        "there is no product with this product key: compare it with the console, and check the region",
    ),
    (
        6287,
        "the signature is wrong: compare the product secret (to register) or the device secret (to log in) with the console",
    ),
    (
        6288,
        "the product does not let devices register: turn dynamic registration on in the console on the product's page",
    ),
    (
        6289,
        "the cloud hands a secret out once: restore it from a backup, or reset the device in the console",
    ),
    (6760, "the service failed: wait before asking again, and submit a ticket if it stays so"),
];

/// What a refusal with this code means, and what to do about it, in one line.
pub fn explain(code: i64) -> &'static str {
    EXPLAINED.iter().find(|(known, _)| *known == code).map_or(
        "look the code up in the platform's list of device error codes",
        |(_, explanation)| explanation,
    )
}

/// Whether the same request can succeed a moment later: the service is busy or failing.
pub fn is_passing(code: i64) -> bool {
    code == TOO_MANY_REQUESTS || (500..=599).contains(&code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_explained_once_in_one_line() {
        for (index, (code, explanation)) in EXPLAINED.iter().enumerate() {
            assert_eq!(explain(*code), *explanation);
            assert!(!explanation.contains('\n') && explanation.contains(": "), "{code}");
            assert!(EXPLAINED[..index].iter().all(|(earlier, _)| earlier < code), "{code}");
        }
        assert!(explain(1).contains("look the code up"));
    }

    #[test]
    fn only_what_passes_is_worth_another_attempt() {
        for code in [429, 500, 502, 503, 599] {
            assert!(is_passing(code), "{code}");
        }
        for code in [200, 401, 460, 600, 5005, 6204, 6287, 6288, 6289] {
            assert!(!is_passing(code), "{code}");
        }
    }

    #[test]
    fn the_documentation_names_each_code() {
        let page = include_str!("../../docs/troubleshooting.md");
        for (code, explanation) in EXPLAINED {
            let row = format!("| {code} | {explanation} |");
            assert!(page.contains(&row), "docs/troubleshooting.md lacks: {row}");
        }
    }
}
