//! Topic names, topic filters, and finding the filters that match a name.

#![forbid(unsafe_code)]

use std::collections::BTreeMap;

/// The longest topic name or filter, in bytes without the NUL.
pub const TOPIC_MAX: usize = 128;

/// Why a topic name or filter is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadTopic {
    /// It does not start with `/`.
    NoSlash,
    /// It is longer than [`TOPIC_MAX`].
    TooLong,
    /// It holds a byte that is not printable ASCII.
    NotPrintable,
    /// It holds a wildcard where none may be.
    Wildcard,
}

impl std::fmt::Display for BadTopic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            BadTopic::NoSlash => f.write_str("it does not start with '/'"),
            BadTopic::TooLong => write!(f, "it is longer than {TOPIC_MAX} bytes"),
            BadTopic::NotPrintable => f.write_str("it holds a character that is not printable ASCII"),
            BadTopic::Wildcard => f.write_str(
                "a wildcard may stand only in a filter, '+' alone in its level and '#' alone in the last",
            ),
        }
    }
}

impl std::error::Error for BadTopic {}

/// Checks a topic that is published to.
pub fn check_name(topic: &str) -> Result<(), BadTopic> {
    check_text(topic)?;
    if has_wildcard(topic) { Err(BadTopic::Wildcard) } else { Ok(()) }
}

/// Checks a filter that is subscribed to.
pub fn check_filter(filter: &str) -> Result<(), BadTopic> {
    check_text(filter)?;
    let mut levels = filter.split('/').peekable();
    while let Some(level) = levels.next() {
        let fits = match level {
            "+" => true,
            "#" => levels.peek().is_none(),
            other => !has_wildcard(other),
        };
        if !fits {
            return Err(BadTopic::Wildcard);
        }
    }
    Ok(())
}

fn check_text(topic: &str) -> Result<(), BadTopic> {
    if !topic.starts_with('/') {
        return Err(BadTopic::NoSlash);
    }
    if topic.len() > TOPIC_MAX {
        return Err(BadTopic::TooLong);
    }
    if !topic.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(BadTopic::NotPrintable);
    }
    Ok(())
}

fn has_wildcard(topic: &str) -> bool {
    topic.bytes().any(is_wildcard)
}

/// Of bytes and not of characters: every message that goes or comes is searched.
fn is_wildcard(byte: u8) -> bool {
    matches!(byte, b'+' | b'#')
}

/// Whether a topic that came from the broker is one that MQTT allows.
pub fn is_received_name(topic: &str) -> bool {
    !topic.is_empty() && !topic.bytes().any(|byte| is_wildcard(byte) || byte == 0)
}

/// A set of filters, each with values, which finds all values whose filter matches a name in time
/// that depends on the name and hardly on how many filters there are.
#[derive(Debug)]
pub struct FilterTree<T> {
    /// Filters without a wildcard, which match one name each. Most are. Each is a node with values
    /// only: a map of another type would be its whole code once more.
    names: BTreeMap<Box<str>, Node<T>>,
    /// The others.
    root: Node<T>,
}

/// A level of filters. Its wildcards stand apart, because every name is matched with them.
#[derive(Debug)]
struct Node<T> {
    /// What ends here.
    values: Vec<T>,
    /// What goes on with a level of this name.
    named: BTreeMap<Box<str>, Node<T>>,
    /// What goes on with `+`.
    any: Option<Box<Node<T>>>,
    /// What ends with `#`.
    rest: Vec<T>,
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Node { values: Vec::new(), named: BTreeMap::new(), any: None, rest: Vec::new() }
    }
}

impl<T> Default for FilterTree<T> {
    fn default() -> Self {
        FilterTree { names: BTreeMap::new(), root: Node::default() }
    }
}

impl<T> FilterTree<T> {
    /// The values of exactly this filter, to be changed in place; the filter is added if need be.
    pub fn values_mut(&mut self, filter: &str) -> &mut Vec<T> {
        if has_wildcard(filter) {
            self.root.values_mut(Some(filter))
        } else {
            &mut self.names.entry(filter.into()).or_default().values
        }
    }

    /// Removes a filter with all its values, and returns them.
    pub fn remove(&mut self, filter: &str) -> Vec<T> {
        if has_wildcard(filter) {
            self.root.remove(Some(filter))
        } else {
            self.names.remove(filter).unwrap_or_default().values
        }
    }

    /// Calls `found` with every value whose filter matches `name`.
    pub fn for_each_match<'a>(&'a self, name: &str, mut found: impl FnMut(&'a T)) {
        self.names.get(name).iter().flat_map(|node| &node.values).for_each(&mut found);
        if self.root.is_empty() {
            return;
        }
        // MQTT 4.7.2: a wildcard in the first level does not match the broker's own `$` topics.
        let wild_first = !name.starts_with('$');
        self.root.find(Some(name), wild_first, &mut found);
    }
}

/// The first level of a name or filter and the levels after it.
fn split_level(levels: &str) -> (&str, Option<&str>) {
    match levels.split_once('/') {
        Some((level, rest)) => (level, Some(rest)),
        None => (levels, None),
    }
}

impl<T> Node<T> {
    fn is_empty(&self) -> bool {
        self.values.is_empty()
            && self.named.is_empty()
            && self.any.is_none()
            && self.rest.is_empty()
    }

    fn values_mut(&mut self, levels: Option<&str>) -> &mut Vec<T> {
        let Some(levels) = levels else { return &mut self.values };
        match split_level(levels) {
            ("#", None) => &mut self.rest,
            ("+", rest) => self.any.get_or_insert_default().values_mut(rest),
            (level, rest) => self.named.entry(level.into()).or_default().values_mut(rest),
        }
    }

    fn remove(&mut self, levels: Option<&str>) -> Vec<T> {
        let Some(levels) = levels else { return std::mem::take(&mut self.values) };
        match split_level(levels) {
            ("#", None) => std::mem::take(&mut self.rest),
            ("+", rest) => {
                let Some(any) = &mut self.any else { return Vec::new() };
                let removed = any.remove(rest);
                self.any.take_if(|any| any.is_empty());
                removed
            }
            (level, rest) => {
                let Some(child) = self.named.get_mut(level) else { return Vec::new() };
                let removed = child.remove(rest);
                if child.is_empty() {
                    self.named.remove(level);
                }
                removed
            }
        }
    }

    fn find<'a>(&'a self, levels: Option<&str>, wild: bool, found: &mut impl FnMut(&'a T)) {
        // `#` stands for the parent level too: `/a/#` matches `/a`.
        if wild {
            self.rest.iter().for_each(&mut *found);
        }
        let Some(levels) = levels else { return self.values.iter().for_each(found) };
        let (level, rest) = split_level(levels);
        if let Some(child) = self.named.get(level) {
            child.find(rest, true, found);
        }
        if wild && let Some(any) = &self.any {
            any.find(rest, true, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_filters_follow_the_sdk_s_rules() {
        let longest = format!("/{}", "t".repeat(TOPIC_MAX - 1));
        for good in ["/", "/a", "/a/b c", "/a//b", &longest] {
            assert_eq!(check_name(good), Ok(()), "{good}");
            assert_eq!(check_filter(good), Ok(()), "{good}");
        }
        for (bad, why) in [
            ("", BadTopic::NoSlash),
            ("a", BadTopic::NoSlash),
            ("/\u{e9}", BadTopic::NotPrintable),
            ("/\n", BadTopic::NotPrintable),
            ("/\x7f", BadTopic::NotPrintable),
            (&format!("{longest}x"), BadTopic::TooLong),
        ] {
            assert_eq!(check_name(bad), Err(why), "{bad}");
            assert_eq!(check_filter(bad), Err(why), "{bad}");
        }
        for filter in ["/+", "/#", "/a/+/b", "/a/#", "/+/+/#"] {
            assert_eq!(check_name(filter), Err(BadTopic::Wildcard), "{filter}");
            assert_eq!(check_filter(filter), Ok(()), "{filter}");
        }
        for filter in ["/#/a", "/a+", "/a/b#", "/+a/b", "/##"] {
            assert_eq!(check_filter(filter), Err(BadTopic::Wildcard), "{filter}");
        }
    }

    fn matches(filter: &str, name: &str) -> bool {
        let mut tree = FilterTree::default();
        tree.values_mut(filter).push(());
        let mut count = 0;
        tree.for_each_match(name, |()| count += 1);
        assert!(count <= 1, "{filter} matches {name} {count} times");
        count == 1
    }

    #[test]
    fn wildcards_match_by_the_mqtt_rules() {
        for (filter, name) in [
            ("/a/b", "/a/b"),
            ("/a/+", "/a/b"),
            ("/+/b", "/a/b"),
            ("/a/#", "/a"),
            ("/a/#", "/a/b/c"),
            ("/#", "/"),
            ("/#", "/a"),
            ("#", "/a"),
            ("#", "a"),
            ("+/b", "a/b"),
            ("/a/+/c", "/a//c"),
            ("/+", "/"),
            ("$SYS/#", "$SYS/x"),
            ("/+/$x", "/a/$x"),
        ] {
            assert!(matches(filter, name), "{filter} {name}");
        }
        for (filter, name) in [
            ("/a/b", "/a/b/"),
            ("/a/b", "/a"),
            ("/a/+", "/a"),
            ("/a/+", "/a/b/c"),
            ("/+", "/a/b"),
            ("/a/#", "/ab"),
            ("#", "$SYS/x"),
            ("+/x", "$SYS/x"),
            ("/#", "a"),
        ] {
            assert!(!matches(filter, name), "{filter} {name}");
        }
    }

    #[test]
    fn overlapping_filters_are_all_found_and_removed_one_by_one() {
        let mut tree = FilterTree::default();
        for (value, filter) in ["/a/b", "/a/+", "/a/#", "/#", "/a/b"].iter().enumerate() {
            tree.values_mut(filter).push(value);
        }
        let found = |tree: &FilterTree<usize>| {
            let mut found = Vec::new();
            tree.for_each_match("/a/b", |value| found.push(*value));
            found.sort_unstable();
            found
        };
        assert_eq!(found(&tree), [0, 1, 2, 3, 4]);
        assert_eq!(tree.remove("/a/b"), [0, 4]);
        assert_eq!(found(&tree), [1, 2, 3]);
        assert!(tree.remove("/a/b").is_empty());
        assert!(tree.remove("/never/there").is_empty());
        for filter in ["/a/+", "/a/#", "/#"] {
            tree.remove(filter);
        }
        assert!(tree.root.is_empty() && tree.names.is_empty(), "nothing is left behind");
    }
}
