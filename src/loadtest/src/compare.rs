//! Two reports side by side.

use crate::report::{Report, RowReport, align, figure};

/// For each row that both have: how many times the first server does what the other does, and how many times less CPU
/// an operation costs it. Where the generator was the bound, the second figure is the one that counts.
pub fn side_by_side(one: &Report, other: &Report) -> String {
    let head = ["row", "ops/s", "other", "times", "CPU ms/op", "other", "times less", "p99 ms", "other", "bound"];
    let mut lines = vec![head.map(str::to_owned).to_vec()];
    for row in &one.rows {
        if let Some(counterpart) = other.rows.iter().find(|candidate| candidate.name == row.name) {
            lines.push(line(row, counterpart));
        }
    }
    format!("{} beside {}\n{}", one.url, other.url, align(&lines))
}

fn line(one: &RowReport, other: &RowReport) -> Vec<String> {
    if !one.served || !other.served {
        let by = if one.served { "not served by the other" } else { "not served" };
        return vec![one.name.clone(), by.to_owned()];
    }
    let cpu = |row: &RowReport| row.cpu_ms().map_or("-".to_owned(), figure);
    let cpu_ratio = match (one.cpu_ms(), other.cpu_ms()) {
        (Some(one), Some(other)) if one > 0.0 => figure(other / one),
        _ => "-".to_owned(),
    };
    vec![
        one.name.clone(),
        figure(one.per_second),
        figure(other.per_second),
        if other.per_second > 0.0 && !one.paced { figure(one.per_second / other.per_second) } else { "-".to_owned() },
        cpu(one),
        cpu(other),
        cpu_ratio,
        figure(one.p99_ms),
        figure(other.p99_ms),
        match one {
            one if one.paced => "pace",
            one if one.generator_bound() => "generator",
            _ => "server",
        }
        .to_owned(),
    ]
}
