//! Which of the services that the DNS names for a server is tried first.

use super::dns::Service;

/// Puts services into order: those of the smallest priority first, and among these one after the other by chance, each as
/// likely as its weight says (RFC 2782, "Weight"). One without weight has a very small chance.
pub(super) fn in_order(services: &mut [Service], mut below: impl FnMut(u64) -> u64) {
    services.sort_by_key(|service| (service.priority, service.weight));
    for place in 0..services.len() {
        let Some(rest) = services.get_mut(place..) else { return };
        let priority = rest.first().map(|service| service.priority);
        let same = rest.iter().take_while(|service| Some(service.priority) == priority);
        let weights: Vec<u64> = same.map(|service| u64::from(service.weight)).collect();
        let mut left = below(weights.iter().sum::<u64>() + 1);
        let chosen = weights.iter().position(|weight| {
            let here = left <= *weight;
            left = left.saturating_sub(*weight);
            here
        });
        // What was passed over keeps its order, those without weight first.
        rest.get_mut(..=chosen.unwrap_or(0)).into_iter().for_each(|passed| passed.rotate_right(1));
    }
}

#[cfg(test)]
mod tests {
    use peerbrain_core::random::{self, SeededRandom};

    use super::*;

    fn service(priority: u16, weight: u16, target: &str) -> Service {
        Service { priority, weight, port: 1, target: target.to_owned() }
    }

    #[test]
    fn the_first_is_chosen_as_often_as_its_weight_says() {
        let random = SeededRandom::new(1);
        let mut below = |bound: u64| u64::from_le_bytes(random::bytes(&random)) % bound;
        let mut firsts = std::collections::BTreeMap::<String, u32>::new();
        for _ in 0..10_000 {
            let mut services = vec![
                service(20, 60_000, "later"),
                service(10, 3, "three"),
                service(10, 1, "one"),
                service(10, 0, "none"),
            ];
            in_order(&mut services, &mut below);
            assert_eq!(services.len(), 4);
            assert_eq!(services[3].target, "later", "whatever its weight");
            *firsts.entry(services[0].target.clone()).or_default() += 1;
        }
        // Of five numbers, from 0 to 4, one is for what has no weight, one for the 1, three for the 3.
        let share = |target: &str| firsts[target] / 100;
        assert!((18..=22).contains(&share("none")) && (18..=22).contains(&share("one")), "{firsts:?}");
        assert!((57..=63).contains(&share("three")), "{firsts:?}");
    }

    #[test]
    fn without_weights_and_without_services_there_is_nothing_to_choose() {
        let mut same = vec![service(1, 0, "a"), service(1, 0, "b"), service(0, 0, "c")];
        in_order(&mut same, |bound| bound - 1);
        assert_eq!(same.iter().map(|service| service.target.as_str()).collect::<Vec<_>>(), ["c", "a", "b"]);
        in_order(&mut [], |_| 0);
    }
}
