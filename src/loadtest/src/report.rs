//! The report: a table for people, JSON for programs.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::drive::{Outcome, Tally};
use crate::error::{Error, Result};
use crate::measure::{CpuTime, Memory, Watch};

/// From this share of its one core on, the generator and not the server is taken as the bound.
const GENERATOR_BOUND: f64 = 0.85;

/// All that one run found.
#[derive(Debug, Serialize, Deserialize)]
pub struct Report {
    /// The server.
    pub url: String,
    /// How long each row ran.
    pub seconds: f64,
    /// How many messages were filled in before.
    pub history: u64,
    /// The rows.
    pub rows: Vec<RowReport>,
    /// Memory over the run.
    pub memory: MemoryReport,
}

/// Memory before the first row, after the last, and after a rest.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct MemoryReport {
    /// Before anything was made.
    pub start: Memory,
    /// After the last row.
    pub end: Memory,
    /// After `--settle`.
    pub settled: Option<Memory>,
}

/// What one row found. CPU figures are missing where no process was named.
#[derive(Debug, Serialize, Deserialize)]
pub struct RowReport {
    /// Its name.
    pub name: String,
    /// Whether operations came at a fixed pace: then only the latencies say something.
    pub paced: bool,
    /// Whether the server knows the endpoints; if not, there are no figures.
    #[serde(default = "yes")]
    pub served: bool,
    /// How many operations succeeded.
    pub operations: u64,
    /// How many failed.
    pub errors: u64,
    /// What the first failure said.
    pub first_error: Option<String>,
    /// How long it took.
    pub seconds: f64,
    /// Successful operations per second.
    pub per_second: f64,
    /// The median latency.
    pub p50_ms: f64,
    /// The latency that one in a hundred operations exceeds.
    pub p99_ms: f64,
    /// The server's CPU time for each operation.
    pub server_cpu_ms: Option<f64>,
    /// Its database's.
    pub database_cpu_ms: Option<f64>,
    /// This program's.
    pub generator_cpu_ms: f64,
    /// The share of its one core that this program used.
    pub generator_share: f64,
    /// What else there is to tell, by name.
    #[serde(default)]
    pub beside: BTreeMap<String, f64>,
    /// Memory after the row.
    pub memory: Memory,
}

/// Reports that were written before rows could be skipped hold none that was.
fn yes() -> bool {
    true
}

impl RowReport {
    /// Divides what was counted by what was done.
    pub fn new(name: String, paced: bool, outcome: &Outcome, memory: Memory, watch: &Watch) -> Self {
        let (tally, cpu) = (&outcome.tally, outcome.cpu);
        let operations = tally.latency.len();
        let seconds = outcome.elapsed.as_secs_f64();
        let each = |ms: f64| ms / operations.max(1) as f64;
        let latency = |quantile| tally.latency.value_at_quantile(quantile) as f64 / 1000.0;
        Self {
            name,
            paced,
            served: true,
            operations,
            errors: tally.errors,
            first_error: tally.first_error.clone(),
            seconds,
            per_second: operations as f64 / seconds.max(f64::MIN_POSITIVE),
            p50_ms: latency(0.5),
            p99_ms: latency(0.99),
            server_cpu_ms: (!watch.server.is_empty()).then(|| each(cpu.server)),
            database_cpu_ms: (!watch.database.is_empty()).then(|| each(cpu.database)),
            generator_cpu_ms: each(cpu.generator),
            generator_share: cpu.generator / 1000.0 / seconds.max(f64::MIN_POSITIVE),
            beside: outcome.beside.clone(),
            memory,
        }
    }

    /// A row that the server does not serve.
    pub fn not_served(name: String, paced: bool, memory: Memory, watch: &Watch) -> Result<Self> {
        let outcome =
            Outcome { tally: Tally::new()?, elapsed: Duration::ZERO, cpu: CpuTime::default(), beside: BTreeMap::new() };
        Ok(Self { served: false, ..Self::new(name, paced, &outcome, memory, watch) })
    }

    /// The server's and its database's CPU time for each operation.
    pub fn cpu_ms(&self) -> Option<f64> {
        self.server_cpu_ms.map(|server| server + self.database_cpu_ms.unwrap_or(0.0))
    }

    /// Whether the row shows nothing.
    pub fn failed(&self) -> bool {
        self.served && (self.errors > 0 || self.operations == 0)
    }

    /// Whether this program had no more to give.
    pub fn generator_bound(&self) -> bool {
        self.generator_share > GENERATOR_BOUND
    }
}

impl Report {
    /// Writes it as JSON.
    pub fn write(&self, path: &Path) -> Result<()> {
        fs::write(path, serde_json::to_vec_pretty(self)?).map_err(|error| Error::File(path.to_owned(), error))
    }

    /// The table.
    pub fn table(&self) -> String {
        let head =
            ["row", "ops/s", "p50 ms", "p99 ms", "server ms/op", "db ms/op", "generator ms/op", "of a core", "errors"];
        let mut lines = vec![head.map(str::to_owned).to_vec()];
        lines.extend(self.rows.iter().map(line));
        let mut text = align(&lines);
        let moments =
            [("the start", Some(self.memory.start)), ("the end", Some(self.memory.end)), ("rest", self.memory.settled)];
        for (when, memory) in moments.into_iter().filter_map(|(when, memory)| Some((when, memory?))) {
            text += &format!(
                "memory at {when}: server {:.0} MiB, of it anonymous {:.1}; database {:.0}, anonymous {:.1}\n",
                memory.server_rss, memory.server_anonymous, memory.database_rss, memory.database_anonymous
            );
        }
        for row in &self.rows {
            for (what, value) in &row.beside {
                text += &format!("{}: {what} {}\n", row.name, figure(*value));
            }
            if let Some(error) = &row.first_error {
                text += &format!("first error of {}: {error}\n", row.name);
            }
        }
        text
    }
}

fn line(row: &RowReport) -> Vec<String> {
    if !row.served {
        return vec![row.name.clone(), "not served".to_owned()];
    }
    vec![
        row.name.clone(),
        figure(row.per_second),
        figure(row.p50_ms),
        figure(row.p99_ms),
        row.server_cpu_ms.map_or("-".to_owned(), figure),
        row.database_cpu_ms.map_or("-".to_owned(), figure),
        figure(row.generator_cpu_ms),
        format!("{:.0} %", 100.0 * row.generator_share),
        row.errors.to_string(),
    ]
}

/// Reads a report.
pub fn read(path: &Path) -> Result<Report> {
    let text = fs::read(path).map_err(|error| Error::File(path.to_owned(), error))?;
    Ok(serde_json::from_slice(&text)?)
}

/// A number with as many digits as mean something.
pub fn figure(value: f64) -> String {
    match value {
        v if v >= 100.0 => format!("{v:.0}"),
        v if v >= 10.0 => format!("{v:.1}"),
        v if v >= 1.0 => format!("{v:.2}"),
        v => format!("{v:.3}"),
    }
}

/// Lines of cells under each other: the first column to the left, figures to the right.
pub fn align(lines: &[Vec<String>]) -> String {
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let cell_width =
        |column: usize| lines.iter().filter_map(|line| line.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| cell_width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for line in lines {
        let cells = line.iter().zip(&widths).enumerate().map(|(column, (cell, width))| match column {
            0 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        text += cells.collect::<Vec<_>>().join("  ").trim_end();
        text.push('\n');
    }
    text
}
