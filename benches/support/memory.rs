//! Memory of the database server's processes, read from `/proc`.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

const EVERY: Duration = Duration::from_millis(20);
const KIB_OF_MIB: f64 = 1024.0;

/// Watches the processes started by a postmaster, until it is asked for the peak.
pub struct Sampler {
    is_over: Arc<AtomicBool>,
    peak: Arc<AtomicU64>,
    thread: JoinHandle<()>,
}

impl Sampler {
    pub fn start(postmaster: u32) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let peak = Arc::new(AtomicU64::new(0));
        let (over, highest) = (Arc::clone(&is_over), Arc::clone(&peak));
        let thread = thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                highest.fetch_max(largest(postmaster), Ordering::Relaxed);
                thread::sleep(EVERY);
            }
        });
        Self {
            is_over,
            peak,
            thread,
        }
    }

    /// MiB that the largest process had for itself: shared buffers are not counted.
    pub fn peak(self) -> f64 {
        self.is_over.store(true, Ordering::Relaxed);
        self.thread.join().expect("a sampler");
        self.peak.load(Ordering::Relaxed) as f64 / KIB_OF_MIB
    }
}

/// KiB of the largest child. Processes that end meanwhile are left out.
fn largest(parent: u32) -> u64 {
    let children = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children"));
    let children = children.expect("a system that has /proc");
    let sizes = children.split_whitespace().filter_map(|pid| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("RssAnon:"))?;
        line.split_whitespace().next()?.parse().ok()
    });
    sizes.max().unwrap_or(0)
}
