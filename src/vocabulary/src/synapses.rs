//! How strongly a reader wants to hear each person: weights from 0 to 1.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The weight of whoever has none.
pub const DEFAULT_WEIGHT: f64 = 1.0;

/// What `org.peerbrain.synapses` holds once it is decrypted: a weight from 0 to 1 for each user id.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Synapses(pub BTreeMap<String, f64>);

impl Synapses {
    /// The weight of a user, from 0 to 1. What another client wrote beyond that is taken as the nearest end.
    #[must_use]
    pub fn weight(&self, user_id: &str) -> f64 {
        match self.0.get(user_id) {
            Some(weight) if weight.is_finite() => weight.clamp(0.0, 1.0),
            _ => DEFAULT_WEIGHT,
        }
    }

    /// The rating of a thought: the sum of the weights of those who reacted, each counted once.
    pub fn rating<'a>(&self, reactors: impl IntoIterator<Item = &'a str>) -> f64 {
        let distinct: std::collections::BTreeSet<&str> = reactors.into_iter().collect();
        // Not `sum`, which gives -0 where there is nothing.
        distinct.into_iter().fold(0.0, |rating, user_id| rating + self.weight(user_id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reactor_counts_once_and_by_weight() {
        let weights: Synapses = serde_json::from_str(r#"{"@bob:b":0.25,"@mad:b":7.5}"#).unwrap();
        let rating = weights.rating(["@bob:b", "@bob:b", "@mad:b", "@new:c"]);
        assert!((rating - 2.25).abs() < 1e-9, "{rating}");
    }
}
