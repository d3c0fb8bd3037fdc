//! CPU time and memory of processes, from `/proc`.

use std::collections::HashMap;
use std::fs;
use std::ops::Sub;
use std::pin::pin;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The kernel tells times in hundredths of a second on every processor this can run on.
const TICK_MS: f64 = 10.0;

/// Between two looks at the memory while something is done.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// The processes that are watched.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    /// The server.
    pub server: Vec<u32>,
    /// Its database.
    pub database: Vec<u32>,
}

/// CPU time used since each process began, in milliseconds.
#[derive(Debug, Clone, Copy, Default)]
pub struct CpuTime {
    /// By the server and its children.
    pub server: f64,
    /// By the database and its children.
    pub database: f64,
    /// By this program.
    pub generator: f64,
}

impl Sub for CpuTime {
    type Output = Self;

    fn sub(self, earlier: Self) -> Self {
        Self {
            server: self.server - earlier.server,
            database: self.database - earlier.database,
            generator: self.generator - earlier.generator,
        }
    }
}

/// Memory in mebibytes. Of a process with children it is the sum, so pages they share count more than once in `rss`;
/// `anonymous` is what belongs to them alone.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub struct Memory {
    /// The server's resident set.
    pub server_rss: f64,
    /// What of it is neither a file nor shared.
    pub server_anonymous: f64,
    /// The database's resident set.
    pub database_rss: f64,
    /// What of it is neither a file nor shared.
    pub database_anonymous: f64,
}

impl Watch {
    /// The CPU time used until now.
    pub fn cpu(&self) -> Result<CpuTime> {
        let children = children()?;
        Ok(CpuTime {
            server: tree_sum(&self.server, &children, cpu_ms)?,
            database: tree_sum(&self.database, &children, cpu_ms)?,
            generator: cpu_ms(std::process::id())?,
        })
    }

    /// Does something; gives beside its result the most anonymous memory that the server was seen to hold meanwhile.
    pub async fn peak_during<T>(&self, work: impl Future<Output = Result<T>>) -> Result<(T, f64)> {
        let mut work = pin!(work);
        let mut peak = self.memory()?.server_anonymous;
        loop {
            tokio::select! {
                result = &mut work => return Ok((result?, peak.max(self.memory()?.server_anonymous))),
                () = tokio::time::sleep(BETWEEN_LOOKS) => peak = peak.max(self.memory()?.server_anonymous),
            }
        }
    }

    /// The memory held now.
    pub fn memory(&self) -> Result<Memory> {
        let children = children()?;
        let rss = |pid| status_mib(pid, "VmRSS:");
        let anonymous = |pid| status_mib(pid, "RssAnon:");
        Ok(Memory {
            server_rss: tree_sum(&self.server, &children, rss)?,
            server_anonymous: tree_sum(&self.server, &children, anonymous)?,
            database_rss: tree_sum(&self.database, &children, rss)?,
            database_anonymous: tree_sum(&self.database, &children, anonymous)?,
        })
    }
}

/// Sums over the processes and all their descendants. One that ends meanwhile is left out; its CPU time has gone to
/// its parent's account of dead children by then. A process that was asked for must be there.
fn tree_sum(roots: &[u32], children: &HashMap<u32, Vec<u32>>, of: impl Fn(u32) -> Result<f64>) -> Result<f64> {
    let mut sum = 0.0;
    for root in roots {
        sum += of(*root)?;
        let mut waiting: Vec<u32> = children.get(root).cloned().unwrap_or_default();
        while let Some(pid) = waiting.pop() {
            sum += of(pid).unwrap_or(0.0);
            waiting.extend(children.get(&pid).into_iter().flatten());
        }
    }
    Ok(sum)
}

/// Every process's children.
fn children() -> Result<HashMap<u32, Vec<u32>>> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        if let Ok(fields) = stat(pid)
            && let Some(parent) = fields.get(1).and_then(|field| field.parse().ok())
        {
            children.entry(parent).or_default().push(pid);
        }
    }
    Ok(children)
}

/// The fields of `/proc/PID/stat` from the third (state) on; the second is the program's name, which may hold blanks.
fn stat(pid: u32) -> Result<Vec<String>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).map_err(|error| Error::Process(pid, error))?;
    let fields = text.rsplit_once(')').map_or("", |(_, fields)| fields);
    Ok(fields.split_whitespace().map(str::to_owned).collect())
}

/// User and system time of a process and of its dead children: fields 14 to 17.
fn cpu_ms(pid: u32) -> Result<f64> {
    let fields = stat(pid)?;
    let ticks: f64 = fields.iter().skip(11).take(4).filter_map(|field| field.parse::<f64>().ok()).sum();
    Ok(ticks * TICK_MS)
}

/// A line of `/proc/PID/status` that counts in kibibytes.
fn status_mib(pid: u32, line: &str) -> Result<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).map_err(|error| Error::Process(pid, error))?;
    let value = text.lines().find_map(|candidate| candidate.strip_prefix(line));
    let kibibytes: f64 = value.and_then(|value| value.split_whitespace().next()?.parse().ok()).unwrap_or(0.0);
    Ok(kibibytes / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_seen_with_its_children() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let me = std::process::id();
        assert!(children().unwrap()[&me].contains(&child.id()));
        let alone = status_mib(me, "VmRSS:").unwrap();
        let watch = Watch { server: vec![me], database: vec![child.id()] };
        let memory = watch.memory().unwrap();
        assert!(memory.server_rss > alone / 2.0 && memory.database_rss > 0.0, "{memory:?}");
        assert!(memory.server_anonymous < memory.server_rss);
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(watch.cpu().is_err(), "a named process that is gone is an error");
    }
}
