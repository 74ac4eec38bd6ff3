//! Rows of a report that are too many to hold: they lie in a file that only this process sees, and memory keeps what
//! they are sorted by.

use std::cell::{OnceCell, RefCell};
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use patkeeper_core::render::json_row;
use patkeeper_core::report::{
    Each, Finding, FindingKey, Kind, PatEntry, PatKey, Row, Rows, UnreadableEntry, UnreadableKey,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bytes gathered before they are written.
const BUFFER: usize = 256 * 1024;
/// Bytes read at once: most rows are shorter.
const GLANCE: usize = 1024;

/// All rows of one report.
pub(super) struct Shelf {
    store: Store,
    pats: Pile<PatKey>,
    findings: Pile<FindingKey>,
    unreadable: Pile<UnreadableKey>,
    hasher: RandomState,
    /// Where the findings about each PAT are: the hash of its id and the place, sorted. Made when first asked for.
    about: OnceCell<Vec<(u64, u64)>>,
}

impl Shelf {
    /// An empty one, whose file lies in `folder`, or in the machine's folder for such files.
    ///
    /// # Errors
    /// No file can be made there.
    pub(super) fn new(folder: Option<&Path>) -> io::Result<Self> {
        Ok(Self {
            store: Store::new(folder)?,
            pats: Pile(Vec::new()),
            findings: Pile(Vec::new()),
            unreadable: Pile(Vec::new()),
            hasher: RandomState::new(),
            about: OnceCell::new(),
        })
    }

    /// Puts a row on it.
    ///
    /// # Errors
    /// The disk is full.
    pub(super) fn put(&mut self, row: &Row) -> io::Result<()> {
        let store = &mut self.store;
        match row {
            Row::Pat(pat) => self.pats.put(store, pat.key(), pat),
            Row::Finding(finding) => self.findings.put(store, finding.key(), finding),
            Row::Unreadable(entry) => self.unreadable.put(store, entry.key(), entry),
        }
    }

    /// Nothing is put any more: from here on it can be read, in order.
    ///
    /// # Errors
    /// The disk is full.
    pub(super) fn close(&mut self) -> io::Result<()> {
        self.pats.0.sort_unstable();
        self.findings.0.sort_unstable();
        self.unreadable.0.sort_unstable();
        self.store.write()?;
        self.store.unwritten = Vec::new();
        Ok(())
    }

    fn about(&self) -> io::Result<&[(u64, u64)]> {
        if let Some(about) = self.about.get() {
            return Ok(about);
        }
        let mut about = Vec::new();
        for (_, place) in &self.findings.0 {
            let finding: Finding = self.store.get(*place)?;
            about.extend(
                finding
                    .authorization_id
                    .map(|id| (self.hasher.hash_one(id.as_str()), *place)),
            );
        }
        // Stable, so that those about one PAT stay in their order.
        about.sort_by_key(|(id, _)| *id);
        Ok(self.about.get_or_init(|| about))
    }
}

impl Rows for Shelf {
    fn each_pat(&self, each: Each<'_, PatEntry>) -> io::Result<()> {
        self.pats.each(&self.store, each)
    }

    fn each_finding(&self, each: Each<'_, Finding>) -> io::Result<()> {
        self.findings.each(&self.store, each)
    }

    fn findings_of(&self, pat: &PatEntry, each: Each<'_, Finding>) -> io::Result<()> {
        let id = self.hasher.hash_one(pat.authorization_id.as_str());
        let about = self.about()?;
        let first = about.partition_point(|(other, _)| *other < id);
        for (_, place) in about.iter().skip(first).take_while(|(other, _)| *other == id) {
            let finding = self.store.get(*place)?;
            if Finding::is_about(&finding, pat) {
                each(&finding)?;
            }
        }
        Ok(())
    }

    fn each_unreadable(&self, each: Each<'_, UnreadableEntry>) -> io::Result<()> {
        self.unreadable.each(&self.store, each)
    }

    fn each_json(&self, kind: Kind, each: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        match kind {
            Kind::Pats => self.pats.each_json(&self.store, each),
            Kind::Findings => self.findings.each_json(&self.store, each),
            Kind::Unreadable => self.unreadable.each_json(&self.store, each),
        }
    }
}

/// Rows of one kind: what they are sorted by, and their places.
struct Pile<K>(Vec<(K, u64)>);

impl<K> Pile<K> {
    fn put(&mut self, store: &mut Store, key: K, row: &impl Serialize) -> io::Result<()> {
        let place = store.put(row)?;
        self.0.push((key, place));
        Ok(())
    }

    fn each_json(&self, store: &Store, each: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        self.0.iter().try_for_each(|(_, place)| store.look(*place, each))
    }

    fn each<T: DeserializeOwned>(&self, store: &Store, each: Each<'_, T>) -> io::Result<()> {
        self.0.iter().try_for_each(|(_, place)| each(&store.get(*place)?))
    }
}

/// The file. It has no name where the system allows that, and is gone when the process is.
struct Store {
    file: RefCell<File>,
    unwritten: Vec<u8>,
    length: u64,
    glance: RefCell<Vec<u8>>,
}

impl Store {
    fn new(folder: Option<&Path>) -> io::Result<Self> {
        let file = match folder {
            Some(folder) => tempfile::tempfile_in(folder)?,
            None => tempfile::tempfile()?,
        };
        Ok(Self {
            file: RefCell::new(file),
            unwritten: Vec::new(),
            length: 0,
            glance: RefCell::default(),
        })
    }

    /// Adds a row, its length first; returns its place.
    fn put(&mut self, row: &impl Serialize) -> io::Result<u64> {
        let place = self.length;
        let start = self.unwritten.len();
        self.unwritten.extend([0; 4]);
        self.unwritten.extend(json_row(row)?);
        let bytes = self.unwritten.len() - start - 4;
        let length = u32::try_from(bytes).map_err(io::Error::other)?;
        if let Some(head) = self.unwritten.get_mut(start..start + 4) {
            head.copy_from_slice(&length.to_le_bytes());
        }
        self.length += u64::from(length) + 4;
        if self.unwritten.len() >= BUFFER {
            self.write()?;
        }
        Ok(place)
    }

    fn write(&mut self) -> io::Result<()> {
        let file = self.file.get_mut();
        file.seek(SeekFrom::End(0))?;
        file.write_all(&self.unwritten)?;
        self.unwritten.clear();
        Ok(())
    }

    fn get<T: DeserializeOwned>(&self, place: u64) -> io::Result<T> {
        let mut got = None;
        self.look(place, &mut |row| {
            got = Some(serde_json::from_slice(row)?);
            Ok(())
        })?;
        got.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }

    fn look(&self, place: u64, see: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let (mut file, mut glance) = (self.file.borrow_mut(), self.glance.borrow_mut());
        file.seek(SeekFrom::Start(place))?;
        glance.clear();
        (&mut *file).take(GLANCE as u64).read_to_end(&mut glance)?;
        let head = glance.first_chunk::<4>().ok_or(io::ErrorKind::UnexpectedEof)?;
        let end = 4 + usize::try_from(u32::from_le_bytes(*head)).map_err(io::Error::other)?;
        if let Some(missing) = end.checked_sub(glance.len()) {
            (&mut *file).take(missing as u64).read_to_end(&mut glance)?;
        }
        see(glance.get(4..end).ok_or(io::ErrorKind::UnexpectedEof)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_come_back_whole_however_long_they_are_and_however_many() {
        let mut store = Store::new(None).unwrap();
        let text = |number: usize| "x".repeat(number % 3_000);
        let places: Vec<u64> = (0..4_000)
            .map(|number| store.put(&text(number)).unwrap())
            .collect();
        store.write().unwrap();
        for number in (0..4_000).rev() {
            assert_eq!(store.get::<String>(places[number]).unwrap(), text(number));
        }
    }
}
