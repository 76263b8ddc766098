//! The filter tree against filters that are compared one by one, as section 4.7 of MQTT 3.1.1
//! has it.

use crate::mqtt::topic::{
    BadTopic, FilterTree, TOPIC_MAX, check_filter, check_name, is_received_name,
};

/// Each line is a step: `+` adds the filter behind it, `-` removes it, and any other line is a
/// name that is looked up.
pub fn topic(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut tree = FilterTree::default();
    let mut list: Vec<(&str, usize)> = Vec::new();
    for (number, line) in text.split('\n').enumerate() {
        check_rules(line);
        if let Some(filter) = line.strip_prefix('+') {
            check_rules(filter);
            if has_wildcards_in_place(filter) {
                tree.values_mut(filter).push(number);
                list.push((filter, number));
            }
        } else if let Some(filter) = line.strip_prefix('-') {
            let removed = tree.remove(filter);
            let expected: Vec<usize> = list
                .extract_if(.., |(known, _)| *known == filter)
                .map(|(_, value)| value)
                .collect();
            assert_eq!(removed, expected, "removing {filter:?}");
        } else if is_received_name(line) {
            let mut found = Vec::new();
            tree.for_each_match(line, |value| found.push(*value));
            found.sort_unstable();
            let expected: Vec<usize> = list
                .iter()
                .filter(|(filter, _)| matches(filter, line))
                .map(|(_, value)| *value)
                .collect();
            assert_eq!(found, expected, "{line:?} among {list:?}");
        }
    }
}

/// What the SDK takes, said in another way than there.
fn check_rules(text: &str) {
    let is_text = text.starts_with('/')
        && text.len() <= TOPIC_MAX
        && text.chars().all(|character| character == ' ' || character.is_ascii_graphic());
    let is_name = is_text && !text.contains(['+', '#']);
    assert_eq!(check_name(text).is_ok(), is_name, "{text:?}");
    assert_eq!(check_filter(text).is_ok(), is_text && has_wildcards_in_place(text), "{text:?}");
    assert!(!is_name || is_received_name(text), "{text:?}");
    let is_wildcard = |outcome: Result<(), BadTopic>| outcome == Err(BadTopic::Wildcard);
    assert_eq!(is_wildcard(check_name(text)), is_text && !is_name, "{text:?}");
}

/// 4.7.1: a wildcard has its level for itself, and `#` is the last one.
fn has_wildcards_in_place(filter: &str) -> bool {
    let levels: Vec<&str> = filter.split('/').collect();
    levels.iter().enumerate().all(|(index, level)| match *level {
        "#" => index + 1 == levels.len(),
        "+" => true,
        _ => !level.contains(['+', '#']),
    })
}

/// 4.7.1 to 4.7.3.
fn matches(filter: &str, name: &str) -> bool {
    if name.starts_with('$') && filter.starts_with(['+', '#']) {
        return false;
    }
    let filter: Vec<&str> = filter.split('/').collect();
    let name: Vec<&str> = name.split('/').collect();
    match filter.split_last() {
        // It stands for any number of levels, none included.
        Some((&"#", parents)) => {
            name.len() >= parents.len() && same(parents, &name[..parents.len()])
        }
        _ => filter.len() == name.len() && same(&filter, &name),
    }
}

fn same(filter: &[&str], name: &[&str]) -> bool {
    filter.iter().zip(name).all(|(wanted, level)| *wanted == "+" || wanted == level)
}
