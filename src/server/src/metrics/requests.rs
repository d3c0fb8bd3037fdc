//! Requests by endpoint: how many, with what outcome, how long they took.

use std::time::Duration;

use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry};

/// Seconds. Long polls fall into the last ones.
const BUCKETS: [f64; 10] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5, 10.0, 60.0];

/// Requests by endpoint.
#[derive(Clone)]
pub struct Requests {
    answered: IntCounterVec,
    seconds: HistogramVec,
}

impl Requests {
    /// Registers the metrics.
    ///
    /// # Errors
    /// A name that is taken.
    pub fn new(registry: &Registry) -> Result<Self, prometheus::Error> {
        let answered = IntCounterVec::new(
            Opts::new("peerbrain_http_requests_total", "Requests answered, by endpoint and class of status."),
            &["method", "endpoint", "status"],
        )?;
        let seconds = HistogramVec::new(
            HistogramOpts::new("peerbrain_http_request_seconds", "Time from the head of a request to its answer.")
                .buckets(BUCKETS.to_vec()),
            &["method", "endpoint"],
        )?;
        registry.register(Box::new(answered.clone()))?;
        registry.register(Box::new(seconds.clone()))?;
        Ok(Self { answered, seconds })
    }
}

impl api::Observe for Requests {
    fn request(&self, method: &str, route: &str, status: u16, took: Duration) {
        let class = match status {
            ..200 => "1xx",
            200..300 => "2xx",
            300..400 => "3xx",
            400..500 => "4xx",
            500.. => "5xx",
        };
        self.answered.with_label_values(&[method, route, class]).inc();
        self.seconds.with_label_values(&[method, route]).observe(took.as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::Observe as _;

    #[test]
    fn requests_are_counted_by_class() {
        let registry = Registry::new();
        let requests = Requests::new(&registry).unwrap();
        requests.request("GET", "/sync", 200, Duration::from_millis(2));
        requests.request("GET", "/sync", 204, Duration::from_millis(2));
        requests.request("GET", "/sync", 429, Duration::from_millis(2));
        let text = prometheus::TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
        assert!(text.contains("endpoint=\"/sync\",method=\"GET\",status=\"2xx\"} 2"), "{text}");
        assert!(text.contains("peerbrain_http_request_seconds_count{endpoint=\"/sync\",method=\"GET\"} 3"), "{text}");
    }
}
