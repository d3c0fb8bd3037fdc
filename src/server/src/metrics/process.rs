//! The process as Linux sees it; elsewhere these metrics stay at zero. Names are those that Prometheus libraries share.

use std::fs;

use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{Counter, IntGauge};

/// Time, memory, files and threads of this process, read when asked for.
pub struct Process {
    cpu: Counter,
    resident: IntGauge,
    anonymous: IntGauge,
    virtual_memory: IntGauge,
    open_files: IntGauge,
    threads: IntGauge,
}

impl Process {
    /// The metrics, not yet registered.
    ///
    /// # Errors
    /// A name that Prometheus does not allow.
    pub fn new() -> Result<Self, prometheus::Error> {
        Ok(Self {
            cpu: Counter::new("process_cpu_seconds_total", "Time on the processor, user and system.")?,
            resident: IntGauge::new("process_resident_memory_bytes", "Memory in RAM.")?,
            anonymous: IntGauge::new("process_anonymous_memory_bytes", "Memory in RAM that is no part of a file.")?,
            virtual_memory: IntGauge::new("process_virtual_memory_bytes", "Address space.")?,
            open_files: IntGauge::new("process_open_fds", "Open files and sockets.")?,
            threads: IntGauge::new("process_threads", "Threads.")?,
        })
    }

    fn all(&self) -> [&dyn Collector; 6] {
        [&self.cpu, &self.resident, &self.anonymous, &self.virtual_memory, &self.open_files, &self.threads]
    }

    fn read(&self) {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        self.resident.set(1_024 * field(&status, "VmRSS:"));
        self.anonymous.set(1_024 * field(&status, "RssAnon:"));
        self.virtual_memory.set(1_024 * field(&status, "VmSize:"));
        self.threads.set(field(&status, "Threads:"));
        let files = fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
        self.open_files.set(i64::try_from(files).unwrap_or(i64::MAX));
        let spent = cpu_seconds(&fs::read_to_string("/proc/self/stat").unwrap_or_default());
        self.cpu.inc_by((spent - self.cpu.get()).max(0.0));
    }
}

/// The number after `name` in /proc/self/status.
fn field(status: &str, name: &str) -> i64 {
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()).and_then(|number| number.parse().ok()).unwrap_or_default()
}

/// User and system time from /proc/self/stat: the 14th and 15th field, in hundredths of a second on every Linux. The
/// second field is the name of the program, in parentheses, and may hold spaces.
fn cpu_seconds(stat: &str) -> f64 {
    let after_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = after_name.split_whitespace().skip(11).take(2).filter_map(|number| number.parse::<f64>().ok());
    ticks.sum::<f64>() / 100.0
}

impl Collector for Process {
    fn desc(&self) -> Vec<&Desc> {
        self.all().into_iter().flat_map(Collector::desc).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.read();
        self.all().into_iter().flat_map(Collector::collect).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proc_is_read() {
        assert_eq!(field("Name:\tx\nVmRSS:\t  12 kB\n", "VmRSS:"), 12);
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 1 2 3 4 150 50 0 0 20 0 9 0 100";
        assert!((cpu_seconds(stat) - 2.0).abs() < 1e-9);
        assert!(cpu_seconds("").abs() < 1e-9);
        let families = Process::new().unwrap().collect();
        assert_eq!(families.len(), 6);
    }
}
