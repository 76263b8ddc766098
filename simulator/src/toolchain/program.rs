//! C programs against the library.

#![forbid(unsafe_code)]

use std::collections::hash_map::DefaultHasher;
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::hash::{Hash as _, Hasher as _};
use std::path::{Path, PathBuf};

use super::{Library, compiler, make_whole, run, workspace};
use crate::error::{Error, Trying as _};

/// C programs of firmware.
pub struct CProgram;

impl CProgram {
    /// Compiles a program of one file, and whatever is linked into it.
    pub fn compile(
        source: &Path,
        library: &Library,
        extra_sources: &[&Path],
        extra_flags: &[&str],
    ) -> Result<PathBuf, Error> {
        let sources: Vec<&Path> = [&[source], extra_sources].concat();
        let flags: Vec<String> = extra_flags.iter().map(|&flag| flag.to_owned()).collect();
        Self::link(&sources, &flags, library, &[])
    }

    /// Compiles a program against the library and the headers of its release, warnings on: C99, or
    /// C++17 when the name of its first file ends in `.cpp`. `libraries` are arguments of the linker
    /// such as `-lfoo`, before the library's own.
    ///
    /// Returns the executable, in the build's target folder. Warnings go to standard error; give
    /// `-Werror` among the flags to make them errors. `CFLAGS` counts as ever.
    pub fn link(
        sources: &[&Path],
        flags: &[String],
        library: &Library,
        libraries: &[String],
    ) -> Result<PathBuf, Error> {
        let first = sources.first().copied().unwrap_or(Path::new("program"));
        let mut include = OsString::from("-I");
        include.push(workspace().join("include").join(library.abi.number()));
        let is_cpp = first.extension() == Some(OsStr::new("cpp"));
        let standard = if is_cpp { "-std=c++17" } else { "-std=gnu99" };
        let mut arguments: Vec<OsString> =
            [standard, "-g", "-Wall", "-Wextra"].map(OsString::from).into();
        arguments.push(include);
        arguments.extend(flags.iter().map(OsString::from));
        let wished = env::var("CFLAGS").unwrap_or_default();
        arguments.extend(wished.split_whitespace().map(OsString::from));
        arguments.extend(sources.iter().map(OsString::from));
        arguments.extend(libraries.iter().map(OsString::from));
        arguments.extend(library.link_arguments()?);

        let mut name = first.file_stem().unwrap_or(OsStr::new("program")).to_owned();
        name.push(format!("-{:016x}", fingerprint(&arguments)));
        let folder = library.folder().join("c-programs");
        fs::create_dir_all(&folder).trying(|| format!("make the folder {}", folder.display()))?;
        let program = folder.join(name);
        make_whole(&program, |unfinished| {
            run(compiler().args(&arguments).arg("-o").arg(unfinished))
        })?;
        Ok(program)
    }
}

/// Tells apart the builds of one source with different flags or libraries.
fn fingerprint(arguments: &[OsString]) -> u64 {
    let mut hasher = DefaultHasher::new();
    arguments.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_error_names_the_command_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let source = folder.path().join("broken.c");
        fs::write(&source, "int main(void) { return nothing; }").unwrap();
        let library = Library::prebuilt(folder.path().join("libx.a"));
        let error = CProgram::compile(&source, &library, &[], &[]).unwrap_err().to_string();
        assert!(error.contains("broken.c") && error.contains("nothing"), "{error}");
        assert_eq!(fs::read_dir(folder.path().join("c-programs")).unwrap().count(), 0);
    }
}
