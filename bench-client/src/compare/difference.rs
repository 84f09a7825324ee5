//! What differs between two setups or two places of measurement, by name.

use serde::Serialize;
use serde_json::Value;

use crate::record::run::{Environment, Setup};

/// What may differ between two records of the same setup: where the server is,
/// the names, and how it was written down.
const FREE: [&str; 3] = ["address", "prefix", "flags"];

/// What differs between any two measurements, or between the builds that are
/// compared.
const EXPECTED: [&str; 4] = ["time", "server_command", "commit", "memory_bytes"];

/// In which fields two setups differ, as `field (old, new)`.
pub(crate) fn of_setups(old: &Setup, new: &Setup) -> Vec<String> {
    differences(old, new, &FREE)
}

/// In which fields two places of measurement differ.
pub(crate) fn of_environments(old: &Environment, new: &Environment) -> Vec<String> {
    differences(old, new, &EXPECTED)
}

fn differences<T: Serialize>(old: &T, new: &T, ignored: &[&str]) -> Vec<String> {
    // Plain structures always become objects.
    let [old, new] = [old, new].map(|value| serde_json::to_value(value).unwrap_or_default());
    let empty = serde_json::Map::new();
    let [old, new] = [&old, &new].map(|value| value.as_object().unwrap_or(&empty));
    let names = old
        .keys()
        .chain(new.keys().filter(|name| !old.contains_key(*name)));
    names
        .filter(|name| !ignored.contains(&name.as_str()))
        .filter_map(|name| {
            let [old, new] = [old, new].map(|fields| fields.get(name).unwrap_or(&Value::Null));
            (old != new).then(|| format!("{name} ({}, {})", text(old), text(new)))
        })
        .collect()
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::run::sample;

    #[test]
    fn fields_that_differ_are_named_with_both_values() {
        let old = sample::record(&[]);
        let mut new = sample::open_record();
        assert_eq!(of_setups(&old.setup, &old.setup), Vec::<String>::new());
        new.setup.address = "other:1".into();
        new.setup.pipeline = 1;
        let found = of_setups(&old.setup, &new.setup);
        let expected = [
            "loop (closed, open)",
            "pipeline (16, 1)",
            "rate (none, 1000.0)",
            "arrivals (none, poisson)",
        ];
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for line in expected {
            assert!(found.iter().any(|found| found == line), "{found:?}");
        }
    }

    #[test]
    fn another_machine_is_named_another_time_is_not() {
        let old = sample::record(&[]).environment;
        let mut new = old.clone();
        new.time = "later".into();
        new.cores = 64;
        assert_eq!(of_environments(&old, &new), ["cores (2, 64)"]);
    }
}
