//! What one run of a program costs, as the kernel counts it.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use wait4::Wait4 as _;

/// What a run took.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    /// From start to end, in milliseconds.
    pub(super) wall: f64,
    /// User and system time, in milliseconds.
    pub(super) cpu: f64,
    /// Peak resident memory, in bytes. No less than what this program itself had when it started the run.
    pub(super) rss: f64,
    exit_code: Option<i32>,
}

impl Cost {
    /// A run that ended otherwise measured something else.
    pub(super) fn expect(self, exit_codes: &[i32]) -> Result<Self> {
        match self.exit_code {
            Some(code) if exit_codes.contains(&code) => Ok(self),
            other => bail!("what is measured ended with {other:?} instead of {exit_codes:?}"),
        }
    }
}

/// Runs it to its end, with its output thrown away.
pub(super) fn cost(mut command: Command) -> Result<Cost> {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let begun = Instant::now();
    let mut child = command
        .spawn()
        .with_context(|| format!("{}", command.get_program().to_string_lossy()))?;
    let end = child.wait4().context("waiting for what is measured")?;
    let wall = begun.elapsed();
    let cpu = end.rusage.utime + end.rusage.stime;
    Ok(Cost {
        wall: wall.as_secs_f64() * 1e3,
        cpu: cpu.as_secs_f64() * 1e3,
        rss: end.rusage.maxrss as f64,
        exit_code: end.status.code(),
    })
}

/// The middle one; of an even number the mean of both. 0 for none.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = |index: usize| values.get(index).copied().unwrap_or_default();
    let half = values.len() / 2;
    if values.len() % 2 == 1 {
        at(half)
    } else {
        f64::midpoint(at(half.saturating_sub(1)), at(half))
    }
}

/// Whether a 64-bit little-endian ELF program names an interpreter: the dynamic loader of one C library, without
/// which it does not start (System V ABI, program header `PT_INTERP`).
pub(super) fn needs_loader(program: &Path) -> Result<bool> {
    /// Headers of any program fit in here.
    const HEADERS: u64 = 16 * 1024;
    let mut headers = Vec::new();
    let file = File::open(program).with_context(|| format!("{}", program.display()))?;
    file.take(HEADERS).read_to_end(&mut headers)?;
    Ok(names_interpreter(&headers))
}

fn names_interpreter(elf: &[u8]) -> bool {
    const PT_INTERP: usize = 3;
    let number = |at: usize, length: usize| -> Option<usize> {
        let bytes = elf.get(at..at.checked_add(length)?)?;
        Some(
            bytes
                .iter()
                .rev()
                .fold(0, |number, byte| (number << 8) | usize::from(*byte)),
        )
    };
    let (Some(table), Some(size), Some(count)) = (number(0x20, 8), number(0x36, 2), number(0x38, 2)) else {
        return true;
    };
    (0..count).any(|entry| number(table + entry * size, 4) == Some(PT_INTERP))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_does_not_follow_outliers() {
        assert_eq!(median(vec![3.0, 1000.0, 1.0]), 3.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 1000.0]), 3.0);
        assert_eq!(median(Vec::new()), 0.0);
    }

    #[test]
    fn a_program_with_an_interpreter_needs_a_loader() {
        let program = |kinds: &[u32]| {
            let mut elf = vec![0; 0x40];
            elf[0x20] = 0x40;
            elf[0x36] = 56;
            elf[0x38] = u8::try_from(kinds.len()).unwrap();
            for kind in kinds {
                elf.extend(kind.to_le_bytes());
                elf.extend([0; 52]);
            }
            elf
        };
        assert!(names_interpreter(&program(&[6, 3, 1])));
        assert!(!names_interpreter(&program(&[6, 1])));
        assert!(
            names_interpreter(b"no program"),
            "what cannot be read is not passed"
        );
    }
}
