//! A model of a disk in a power cut: what was not synced may be there or not, data and directory entries,
//! in any combination. The store's calls are recorded, and each state that a cut between two of them, or
//! after the last, may leave is checked: the store is the old one or the new one, and can be used.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use linkkit_sim::{Cloud, Config};
use support::old_store::linkkit_kv_bin;
use support::{Firmware, run_without_cloud};

const RECORDER: &str = "tests/c/recorded_disk.c";

/// A file or folder, whatever it is called.
#[derive(Clone, Debug)]
enum Node {
    File {
        synced: Vec<u8>,
        /// What was appended since.
        unsynced: Vec<u8>,
    },
    Folder {
        synced: BTreeMap<String, usize>,
        /// The entries that were changed since: to another node, or to none.
        unsynced: Vec<(String, Option<usize>)>,
    },
}

/// What lies on a disk: `None` is a folder.
type Tree = BTreeMap<PathBuf, Option<Vec<u8>>>;

#[derive(Clone)]
struct Disk {
    root: PathBuf,
    /// The first is the root.
    nodes: Vec<Node>,
    /// Inode numbers are given again, and then mean another node.
    numbers: BTreeMap<u64, usize>,
}

impl Disk {
    fn new(root: &Path) -> Self {
        let folder = Node::Folder { synced: BTreeMap::new(), unsynced: Vec::new() };
        let numbers = BTreeMap::from([(fs::metadata(root).unwrap().ino(), 0)]);
        Disk { root: root.to_owned(), nodes: vec![folder], numbers }
    }

    /// Applies a line of the record.
    fn apply(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        match words[..] {
            ["create", number, path] => {
                let file = Node::File { synced: Vec::new(), unsynced: Vec::new() };
                self.add(number, path, file);
            }
            ["folder", number, path] => {
                let folder = Node::Folder { synced: BTreeMap::new(), unsynced: Vec::new() };
                self.add(number, path, folder);
            }
            ["write", number, hex] => {
                let node = self.numbers[&number.parse().unwrap()];
                let Node::File { unsynced, .. } = &mut self.nodes[node] else { panic!("{line}") };
                let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
                unsynced.extend((0..hex.len()).step_by(2).map(byte));
            }
            ["sync", number] => {
                let node = self.numbers[&number.parse().unwrap()];
                match &mut self.nodes[node] {
                    Node::File { synced, unsynced } => synced.append(unsynced),
                    Node::Folder { synced, unsynced } => {
                        unsynced.drain(..).for_each(|entry| set(synced, entry));
                    }
                }
            }
            ["rename", from, to] => {
                let node = self.find(from);
                self.enter(to, Some(node));
                self.enter(from, None);
            }
            ["remove", path] => self.enter(path, None),
            _ => panic!("{line}"),
        }
    }

    fn add(&mut self, number: &str, path: &str, node: Node) {
        let at = self.nodes.len();
        self.nodes.push(node);
        self.numbers.insert(number.parse().unwrap(), at);
        self.enter(path, Some(at));
    }

    fn enter(&mut self, path: &str, node: Option<usize>) {
        let path = Path::new(path);
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let folder = self.find(path.parent().unwrap().to_str().unwrap());
        let Node::Folder { unsynced, .. } = &mut self.nodes[folder] else { panic!("{path:?}") };
        unsynced.push((name, node));
    }

    fn find(&self, path: &str) -> usize {
        let below = Path::new(path).strip_prefix(&self.root).unwrap();
        below.iter().fold(0, |folder, name| {
            let Node::Folder { synced, unsynced } = &self.nodes[folder] else { panic!("{path}") };
            let mut entries = synced.clone();
            unsynced.iter().cloned().for_each(|entry| set(&mut entries, entry));
            entries[name.to_str().unwrap()]
        })
    }

    /// Everything as the program sees it.
    fn visible(&self) -> Tree {
        let mut whole = self.clone();
        let numbers: Vec<u64> = whole.numbers.keys().copied().collect();
        numbers.iter().for_each(|number| whole.apply(&format!("sync {number}")));
        whole.after_cuts().pop_first().unwrap()
    }

    /// All that a power cut at this moment may leave.
    fn after_cuts(&self) -> BTreeSet<Tree> {
        let mut trees = BTreeSet::new();
        let mut choices = vec![0; self.nodes.len()];
        loop {
            trees.insert(self.tree(&choices));
            // Counts through all combinations of what each node may be.
            let next =
                choices.iter().zip(&self.nodes).position(|(&it, node)| it + 1 < node.variants());
            let Some(next) = next else { return trees };
            choices[..next].fill(0);
            choices[next] += 1;
        }
    }

    fn tree(&self, choices: &[usize]) -> Tree {
        let mut tree = Tree::new();
        let mut folders = vec![(PathBuf::new(), 0)];
        while let Some((path, folder)) = folders.pop() {
            for (name, node) in self.nodes[folder].entries(choices[folder]) {
                let path = path.join(name);
                if let Node::File { .. } = self.nodes[node] {
                    tree.insert(path, Some(self.nodes[node].content(choices[node])));
                } else {
                    tree.insert(path.clone(), None);
                    folders.push((path, node));
                }
            }
        }
        tree
    }
}

fn set(entries: &mut BTreeMap<String, usize>, (name, node): (String, Option<usize>)) {
    match node {
        Some(node) => drop(entries.insert(name, node)),
        None => drop(entries.remove(&name)),
    }
}

impl Node {
    /// How many different things a power cut may leave of it.
    fn variants(&self) -> usize {
        match self {
            Node::File { unsynced, .. } if unsynced.is_empty() => 1,
            // Nothing, a half or all of it, or as many bytes that are zero.
            Node::File { .. } => 4,
            Node::Folder { unsynced, .. } => 1 << unsynced.len(),
        }
    }

    fn content(&self, choice: usize) -> Vec<u8> {
        let Node::File { synced, unsynced } = self else { panic!("{self:?}") };
        let zeros = vec![0; unsynced.len()];
        let added = [&[], &unsynced[..unsynced.len() / 2], unsynced, &zeros][choice];
        [synced, added].concat()
    }

    fn entries(&self, choice: usize) -> BTreeMap<String, usize> {
        let Node::Folder { synced, unsynced } = self else { panic!("{self:?}") };
        let mut entries = synced.clone();
        let kept = unsynced.iter().enumerate().filter(|(at, _)| choice >> at & 1 == 1);
        kept.for_each(|(_, entry)| set(&mut entries, entry.clone()));
        entries
    }
}

/// A folder on the model's disk, and what programs have done there.
struct Recording {
    folder: tempfile::TempDir,
    disk: Disk,
    kv: Firmware,
    seen: BTreeSet<Tree>,
}

impl Recording {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("disk");
        fs::create_dir(&root).unwrap();
        let kv = Firmware::debug_with("tests/c/kv.c", RECORDER);
        Recording { disk: Disk::new(&root), folder, kv, seen: BTreeSet::new() }
    }

    fn store() -> &'static Path {
        Path::new("state/kv.json")
    }

    /// Runs a program and checks all that a power cut could leave while it runs and behind it.
    fn run(&mut self, firmware: &Firmware, arguments: &[&str], cloud: Option<&Cloud>) {
        let record = self.folder.path().join("record");
        fs::write(&record, "").unwrap();
        let mut command = firmware.command();
        command.args(arguments).current_dir(&self.folder);
        command.env("LINKKIT_KV_FILE", self.disk.root.join(Self::store()));
        command.env("DISK_ROOT", &self.disk.root).env("DISK_RECORD", &record);
        command.envs(cloud.iter().flat_map(|cloud| cloud.redirect_env()));
        run_without_cloud(command, &[]).succeeded();

        let store = |disk: &Disk| disk.visible().remove(Self::store()).flatten();
        let mut allowed = BTreeSet::from([store(&self.disk)]);
        let mut lines = fs::read_to_string(record).unwrap();
        lines.push_str("said\n");
        for line in lines.lines() {
            if line == "said" {
                // What it says now, or by its end, counts on what it has stored.
                allowed = BTreeSet::from([store(&self.disk)]);
            } else {
                self.disk.apply(line);
                allowed.insert(store(&self.disk));
            }
            for tree in self.disk.after_cuts() {
                let left = tree.get(Self::store()).cloned().flatten();
                assert!(allowed.contains(&left), "{arguments:?}, after '{line}': {tree:?}");
                self.seen.insert(tree);
            }
        }
        assert_eq!(self.disk.visible(), on_the_disk(&self.disk.root), "something is not recorded");
    }

    fn kv(&mut self, arguments: &[&str]) {
        let kv = self.kv.on_another_device();
        self.run(&kv, arguments, None);
    }

    /// Has the library read and write each of the states; returns how many there are.
    fn check_all(&self, key: &str) -> usize {
        for tree in &self.seen {
            let firmware = self.kv.on_another_device();
            for (path, content) in tree {
                let path = firmware.storage.path().join(path);
                match content {
                    Some(content) => fs::write(path, content).unwrap(),
                    None => fs::create_dir(path).unwrap(),
                }
            }
            let kv = |arguments: &[&str]| {
                let mut command = firmware.command();
                command.args(arguments).current_dir(&self.folder);
                command.env("LINKKIT_KV_FILE", firmware.storage.path().join(Self::store()));
                run_without_cloud(command, &[])
            };
            let content = tree.get(Self::store()).cloned().flatten();
            if let Some(expected) = content.and_then(|content| value(&content, key)) {
                assert!(kv(&["get", key]).succeeded().output.trim_end() == expected, "{tree:?}");
            }
            kv(&["set", "another", "value"]).succeeded();
        }
        println!("{} states of the disk", self.seen.len());
        self.seen.len()
    }
}

fn value(store: &[u8], key: &str) -> Option<String> {
    let store: serde_json::Value = serde_json::from_slice(store).unwrap();
    let value = STANDARD.decode(store.get(key)?.as_str()?).unwrap();
    Some(String::from_utf8(value).unwrap())
}

fn on_the_disk(root: &Path) -> Tree {
    let mut tree = Tree::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let below = path.strip_prefix(root).unwrap().to_owned();
            if path.is_dir() {
                tree.insert(below, None);
                folders.push(path);
            } else {
                tree.insert(below, Some(fs::read(path).unwrap()));
            }
        }
    }
    tree
}

/// Fewer would mean that hardly anything is looked at.
const STATES_MIN: usize = 10;

#[test]
fn a_cut_leaves_the_old_store_or_the_new_one() {
    let mut recording = Recording::new();
    recording.kv(&["set", "key", "old"]);
    recording.kv(&["set", "key", "new"]);
    recording.kv(&["delete", "key"]);
    recording.kv(&["set", "key", "last"]);
    assert!(recording.check_all("key") > STATES_MIN);
}

#[test]
fn a_cut_while_importing_leaves_all_that_was_imported_or_nothing() {
    let mut recording = Recording::new();
    let old_store = linkkit_kv_bin("wifi_config", "abc", 0x15620);
    fs::write(recording.folder.path().join("linkkit_kv.bin"), old_store).unwrap();
    recording.kv(&["get", "wifi_config"]);
    recording.kv(&["set", "key", "new"]);
    assert!(recording.check_all("wifi_config") > STATES_MIN);
}

#[test]
fn a_cut_while_registering_never_leaves_a_secret_without_its_owner() {
    const KEY: &str = "DyncRegDeviceSecret";
    let mut config = Config::default();
    config.products[0].any_device = true;
    let cloud = Cloud::start(&config).unwrap();
    let firmware = Firmware::debug_with("tests/c/registration.c", RECORDER);
    let mut recording = Recording::new();
    recording.run(&firmware, &["of_the_model", "quiet"], Some(&cloud));
    let mut with_secret = 0;
    for tree in &recording.seen {
        let Some(Some(store)) = tree.get(Recording::store()) else { continue };
        if value(store, KEY).is_some() {
            with_secret += 1;
            assert!(
                value(store, "DyncRegDeviceSecret.owner").is_some_and(|owner| owner.contains(' '))
            );
        }
    }
    assert!(with_secret > 0);
    assert!(recording.check_all(KEY) > STATES_MIN);
}
