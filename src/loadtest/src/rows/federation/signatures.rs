//! How much of the work is checking signatures. A server may tell that among its metrics; most do not.

use bytes::Bytes;
use http::Method;

use crate::drive::Outcome;
use crate::error::{Error, Result};
use crate::setup::Stage;

/// The counter of our server.
const COUNTER: &str = "peerbrain_federation_checked_seconds_total ";

/// What the checks have taken until now, in seconds.
pub async fn seconds(stage: &Stage) -> Result<Option<f64>> {
    let request = stage.target.request(Method::GET, "/metrics", None, Bytes::new())?;
    match stage.target.connection().fetch(request).await {
        Ok(text) => Ok(counted(&String::from_utf8_lossy(&text))),
        Err(Error::NotServed | Error::Status { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Adds what they have taken since an earlier moment to what a row found.
pub async fn share(stage: &Stage, earlier: Option<f64>, outcome: &mut Outcome) -> Result<()> {
    if let (Some(earlier), Some(now)) = (earlier, seconds(stage).await?) {
        let seconds = now - earlier;
        outcome.beside.insert("seconds of checking signatures".into(), seconds);
        if outcome.cpu.server > 0.0 {
            let share = 1000.0 * seconds / outcome.cpu.server;
            outcome.beside.insert("share of the server's CPU time that checks signatures".into(), share);
        }
    }
    Ok(())
}

fn counted(metrics: &str) -> Option<f64> {
    metrics.lines().find_map(|line| line.strip_prefix(COUNTER))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn the_counter_is_found() {
        let metrics = "# TYPE peerbrain_federation_checked_seconds_total counter\n\
                       peerbrain_federation_checked_seconds_total 1.25\nother 2\n";
        assert_eq!(counted(metrics), Some(1.25));
        assert_eq!(counted("other 2\n"), None);
    }
}
