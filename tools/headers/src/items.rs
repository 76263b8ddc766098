//! What the Rust sources have for C, by name: functions, types, constants.

use std::error::Error;
use std::fs;
use std::path::Path;

use quote::{ToTokens as _, quote};
use syn::{Attribute, Expr, ExprLit, ForeignItem, Item, Lit, Meta, Visibility};

/// Says in an item's documentation that it is not for C.
const NOT_FOR_C: &str = "cbindgen:ignore";

/// The public items of a release, in the order of files and lines.
pub(crate) struct Items(Vec<Public>);

/// An item that C sees.
struct Public {
    name: String,
    /// The file without its ending, below the repository's root.
    module: String,
    /// Rust text.
    text: String,
}

impl Items {
    /// Reads modules below `root` and those that they declare, as the build for `release` has them.
    pub(crate) fn read(
        root: &Path,
        modules: &[&str],
        release: &str,
    ) -> Result<Self, Box<dyn Error>> {
        let mut items = Items(Vec::new());
        for module in modules {
            items.read_module(root, Path::new(module), release)?;
        }
        Ok(items)
    }

    /// `path` is without an ending: a module is a file, or a folder with a `mod.rs`.
    fn read_module(
        &mut self,
        root: &Path,
        path: &Path,
        release: &str,
    ) -> Result<(), Box<dyn Error>> {
        let module = path.to_string_lossy();
        let file = root.join(format!("{module}.rs"));
        let file = if file.exists() { file } else { root.join(path).join("mod.rs") };
        for item in syn::parse_file(&fs::read_to_string(file)?)?.items {
            match &item {
                Item::Mod(inner) if inner.content.is_none() => {
                    if is_built(&inner.attrs, release) {
                        let named = renamed(&inner.attrs).unwrap_or(inner.ident.to_string());
                        self.read_module(root, &path.join(named), release)?;
                    }
                }
                item => self.add(&module, item)?,
            }
        }
        Ok(())
    }

    fn add(&mut self, module: &str, item: &Item) -> Result<(), String> {
        let (visibility, attributes, name) = match item {
            Item::ForeignMod(block) => {
                return block.items.iter().try_for_each(|item| self.add_foreign(module, item));
            }
            Item::Fn(item) if is_exported(&item.attrs) => (&item.vis, &item.attrs, &item.sig.ident),
            Item::Struct(item) => (&item.vis, &item.attrs, &item.ident),
            Item::Enum(item) => (&item.vis, &item.attrs, &item.ident),
            Item::Type(item) => (&item.vis, &item.attrs, &item.ident),
            Item::Const(item) => (&item.vis, &item.attrs, &item.ident),
            _ => return Ok(()),
        };
        if !is_for_c(visibility, attributes) {
            return Ok(());
        }
        self.push(module, name.to_string(), item.to_token_stream().to_string())
    }

    fn add_foreign(&mut self, module: &str, item: &ForeignItem) -> Result<(), String> {
        match item {
            ForeignItem::Fn(function) if is_for_c(&function.vis, &function.attrs) => {
                let text = quote!(unsafe extern "C" { #function });
                self.push(module, function.sig.ident.to_string(), text.to_string())
            }
            _ => Ok(()),
        }
    }

    fn push(&mut self, module: &str, name: String, text: String) -> Result<(), String> {
        if let Some(twin) = self.0.iter().find(|item| item.name == name) {
            return Err(format!("{name} is in {} and in {module}", twin.module));
        }
        self.0.push(Public { name, module: module.to_owned(), text });
        Ok(())
    }

    /// How many of the lists of patterns name each item.
    pub(crate) fn uses<'a>(&'a self, lists: &[&[&str]]) -> impl Iterator<Item = (&'a str, usize)> {
        self.0.iter().map(|item| {
            let names = |list: &&&[&str]| list.iter().any(|pattern| item.is_named_by(pattern));
            (item.name.as_str(), lists.iter().filter(names).count())
        })
    }

    /// What the patterns name, in the order of the patterns and then of the sources.
    ///
    /// A pattern is a name, the start of one and `*`, or the end of a module's path and `::*`.
    fn named<'a>(&'a self, patterns: &'a [&str]) -> impl Iterator<Item = &'a Public> {
        patterns
            .iter()
            .flat_map(|pattern| self.0.iter().filter(move |item| item.is_named_by(pattern)))
    }

    /// The names of what the patterns name.
    pub(crate) fn names(&self, patterns: &[&str]) -> Vec<String> {
        self.named(patterns).map(|item| item.name.clone()).collect()
    }

    /// The Rust text of what the patterns name.
    pub(crate) fn text(&self, patterns: &[&str]) -> Result<String, String> {
        let idle = patterns.iter().find(|pattern| self.named(&[pattern]).next().is_none());
        if let Some(pattern) = idle {
            return Err(format!("{pattern} names no item"));
        }
        let lines: Vec<&str> = self.named(patterns).map(|item| item.text.as_str()).collect();
        Ok(lines.join("\n"))
    }
}

impl Public {
    fn is_named_by(&self, pattern: &str) -> bool {
        if let Some(module) = pattern.strip_suffix("::*") {
            return self.module.ends_with(&format!("/{module}"));
        }
        match pattern.strip_suffix('*') {
            Some(start) => self.name.starts_with(start),
            None => self.name == pattern,
        }
    }
}

/// Whether the build for a release has what bears these attributes.
fn is_built(attributes: &[Attribute], release: &str) -> bool {
    let conditions = attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"));
    conditions.filter_map(|cfg| cfg.parse_args().ok()).all(|condition| holds(&condition, release))
}

fn holds(condition: &Meta, release: &str) -> bool {
    match condition {
        Meta::NameValue(pair) => {
            pair.path.is_ident("abi") && text(&pair.value) == Some(release.into())
        }
        Meta::List(list) if list.path.is_ident("not") => {
            list.parse_args().is_ok_and(|inner| !holds(&inner, release))
        }
        // `test`, and whatever else no header depends on.
        _ => false,
    }
}

/// The file that a module is in instead of one of its own name, without its ending.
fn renamed(attributes: &[Attribute]) -> Option<String> {
    let path = attributes.iter().find(|attribute| attribute.path().is_ident("path"))?;
    let Meta::NameValue(pair) = &path.meta else { return None };
    text(&pair.value).map(|file| file.trim_end_matches(".rs").to_owned())
}

fn text(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        _ => None,
    }
}

fn is_exported(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident("unsafe"))
}

fn is_for_c(visibility: &Visibility, attributes: &[Attribute]) -> bool {
    matches!(visibility, Visibility::Public(_))
        && !attributes.iter().filter_map(documentation).any(|line| line.contains(NOT_FOR_C))
}

fn documentation(attribute: &Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => text(&pair.value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_a_name_or_the_start_of_one_or_a_module() {
        let item = Public {
            name: "HAL_Malloc".into(),
            module: "src/hal/c/decl/system".into(),
            text: String::new(),
        };
        for pattern in ["HAL_Malloc", "HAL_*", "decl/system::*", "system::*"] {
            assert!(item.is_named_by(pattern), "{pattern}");
        }
        for pattern in ["HAL_Mallocs", "IOT_*", "stem::*", "decl::*"] {
            assert!(!item.is_named_by(pattern), "{pattern}");
        }
    }

    #[test]
    fn a_module_counts_where_it_is_built() {
        let is_built = |attribute: &str, release| {
            let module: syn::ItemMod = syn::parse_str(&format!("{attribute} mod m;")).unwrap();
            super::is_built(&module.attrs, release)
        };
        assert!(is_built("", "2.2") && !is_built("#[cfg(test)]", "2.2"));
        assert!(is_built("#[cfg(abi = \"2.2\")]", "2.2"));
        assert!(!is_built("#[cfg(abi = \"2.2\")]", "2.3"));
        assert!(is_built("#[cfg(not(abi = \"2.2\"))]", "2.3"));
        assert!(!is_built("#[cfg(not(abi = \"2.2\"))]", "2.2"));
    }
}
