//! What the fuzzer calls: each target is a function of bytes that panics when something is wrong.
//!
//! They are here and not in `fuzz/` because from here they reach what is private, and because the
//! test below replays the corpus with a stable compiler. No build that is shipped has them.

#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "it may only panic")]
#![allow(clippy::indexing_slicing, reason = "as above")]

mod kv;
mod lite_json;
mod replies;
mod session;
mod topic;

pub use kv::kv;
pub use lite_json::lite_json;
pub use replies::replies;
pub use session::session;
pub use topic::topic;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    fn replay(name: &str, target: fn(&[u8])) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
        let mut count = 0;
        for file in fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            println!("{}", path.display());
            target(&fs::read(path).unwrap());
            count += 1;
        }
        assert!(count > 0, "{name} has no corpus");
    }

    #[test]
    fn the_corpus_of_kv_passes() {
        replay("kv", super::kv);
    }

    #[test]
    fn the_corpus_of_lite_json_passes() {
        replay("lite_json", super::lite_json);
    }

    #[test]
    fn the_corpus_of_replies_passes() {
        replay("replies", super::replies);
    }

    #[test]
    fn the_corpus_of_session_passes() {
        replay("session", super::session);
    }

    #[test]
    fn the_corpus_of_topic_passes() {
        replay("topic", super::topic);
    }
}
