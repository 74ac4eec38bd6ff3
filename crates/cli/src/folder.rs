//! The folder that a step's files go to.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The folder that a step's reports go to. It exists and can be written to, before anything is sent: a step that
/// cannot leave its report should say so while nothing has happened yet.
#[derive(Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Makes the folder, with all above it.
    pub(crate) fn prepare(path: &Path) -> io::Result<Self> {
        let path = std::path::absolute(path)?;
        fs::create_dir_all(&path)?;
        tempfile::Builder::new().prefix(".patkeeper").tempfile_in(&path)?;
        Ok(Self(path))
    }

    /// A half-written report would be read as a whole one, so its name comes last.
    pub(crate) fn put(
        &self,
        name: &str,
        draw: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<PathBuf> {
        let mut file = tempfile::Builder::new()
            .prefix(".patkeeper")
            .tempfile_in(&self.0)?;
        let mut out = io::BufWriter::new(&mut file);
        draw(&mut out)?;
        out.flush()?;
        drop(out);
        let path = self.0.join(name);
        file.persist(&path)?;
        Ok(path)
    }
}
