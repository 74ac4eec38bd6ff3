//! The programs inside a task's folder: compressed, each with the hash that the shim checks before it runs one.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::terminal::say;
use crate::workspace::{read, write};

/// `payload/payload.json`, which `shim.js` reads.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Manifest {
    /// The version of Patkeeper.
    pub(crate) version: String,
    /// By `process.platform` and `process.arch` of Node, e.g. `linux-x64`.
    pub(crate) platforms: BTreeMap<String, Entry>,
}

/// One program.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The compressed file beside the manifest.
    pub(crate) file: String,
    /// Of the program, lower-case hex.
    pub(crate) sha256: String,
    /// Of the program, in bytes.
    pub(crate) size: usize,
}

/// Lower-case hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// Compresses `program` into `folder` and notes it in the manifest. Compressing takes seconds, so `cache` keeps
/// each result under the program's hash.
pub(crate) fn add(
    manifest: &mut Manifest,
    platform: &str,
    program: &Path,
    folder: &Path,
    cache: &Path,
) -> Result<()> {
    let bytes = read(program)?;
    let hash = sha256(&bytes);
    let cached = cache.join(format!("{hash}.br"));
    let packed = match fs::read(&cached) {
        Ok(packed) if unpack(&packed).is_ok_and(|was| was == bytes) => packed,
        _ => {
            let packed = pack(&bytes)?;
            write(&cached, &packed)?;
            packed
        }
    };
    say(format!(
        "{platform}: {} packed to {}",
        megabytes(bytes.len()),
        megabytes(packed.len())
    ));
    let file = format!("{platform}.br");
    write(&folder.join(&file), packed)?;
    manifest.platforms.insert(
        platform.to_owned(),
        Entry {
            file,
            sha256: hash,
            size: bytes.len(),
        },
    );
    Ok(())
}

/// The reverse of packing.
pub(crate) fn unpack(packed: &[u8]) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    brotli::Decompressor::new(packed, 64 << 10)
        .read_to_end(&mut bytes)
        .context("it is not brotli")?;
    Ok(bytes)
}

fn pack(bytes: &[u8]) -> Result<Vec<u8>> {
    // Quality 11, the best there is, over a window of 16 MB (2^24), more than any program of ours.
    let mut writer = brotli::CompressorWriter::new(Vec::new(), 64 << 10, 11, 24);
    writer.write_all(bytes).context("brotli")?;
    Ok(writer.into_inner())
}

/// `1234567` bytes as `1.23 MB`.
pub(crate) fn megabytes(bytes: usize) -> String {
    format!("{}.{:02} MB", bytes / 1_000_000, bytes % 1_000_000 / 10_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_out_whole_and_is_what_the_manifest_says() {
        let folder = std::env::temp_dir().join(format!("patkeeper-payload-{}", std::process::id()));
        let program: Vec<u8> = (0..100_000_u32)
            .flat_map(|n| n.wrapping_mul(n).to_le_bytes())
            .collect();
        write(&folder.join("program"), &program).unwrap();
        let mut manifest = Manifest::default();
        // A cached file of the right name and wrong content must not be shipped.
        write(
            &folder.join("cache").join(format!("{}.br", sha256(&program))),
            b"rotten",
        )
        .unwrap();
        add(
            &mut manifest,
            "linux-x64",
            &folder.join("program"),
            &folder,
            &folder.join("cache"),
        )
        .unwrap();
        let entry = &manifest.platforms["linux-x64"];
        let unpacked = unpack(&fs::read(folder.join(&entry.file)).unwrap()).unwrap();
        assert_eq!(unpacked, program);
        assert_eq!(
            (entry.sha256.as_str(), entry.size),
            (sha256(&program).as_str(), program.len())
        );
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn the_hash_is_the_one_that_node_computes() {
        assert_eq!(
            sha256(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
