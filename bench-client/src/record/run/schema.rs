//! The JSON, its schema and its description say the same.

use std::{collections::BTreeSet, env, fs, path::PathBuf};

use schemars::schema_for;
use serde_json::Value;

use super::{RunRecord, sample};

fn docs(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../docs")
        .join(name)
}

fn schema() -> Value {
    schema_for!(RunRecord).to_value()
}

/// The names of all properties in a schema.
fn properties(schema: &Value, names: &mut BTreeSet<String>) {
    if let Some(fields) = schema.get("properties").and_then(Value::as_object) {
        names.extend(fields.keys().cloned());
    }
    match schema {
        Value::Object(fields) => fields.values().for_each(|inner| properties(inner, names)),
        Value::Array(items) => items.iter().for_each(|inner| properties(inner, names)),
        _ => {}
    }
}

/// The names of all fields in a value.
fn fields(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(inner) => {
            names.extend(inner.keys().cloned());
            inner.values().for_each(|inner| fields(inner, names));
        }
        Value::Array(items) => items.iter().for_each(|inner| fields(inner, names)),
        _ => {}
    }
}

#[test]
fn the_published_schema_is_that_of_the_code() {
    let path = docs("bench-json.schema.json");
    let now = serde_json::to_string_pretty(&schema()).unwrap() + "\n";
    if env::var_os("RINGSIDE_WRITE_SCHEMA").is_some() {
        fs::write(&path, &now).unwrap();
    }
    // The order of members depends on what else is built.
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
    let published = fs::read_to_string(&path).unwrap();
    assert!(
        value(&published) == value(&now),
        "docs/bench-json.schema.json is out of date: RINGSIDE_WRITE_SCHEMA=1 cargo test -p \
         ringside-bench schema; raise SCHEMA_VERSION if a field changed its meaning or went away"
    );
}

#[test]
fn what_is_written_is_what_the_schema_knows() {
    let mut known = BTreeSet::new();
    properties(&schema(), &mut known);
    let mut written = BTreeSet::new();
    for mut record in [
        sample::record(&[100.0, 110.0]),
        sample::open_record(),
        sample::purchases_record(),
        sample::sale_record(),
    ] {
        record.summarise().unwrap();
        fields(&serde_json::to_value(&record).unwrap(), &mut written);
    }
    // Told only of a run that is not right.
    written.insert("reason".to_owned());
    assert_eq!(written, known);
}

#[test]
fn the_description_names_every_field_and_no_other() {
    let text = fs::read_to_string(docs("bench-json.md")).unwrap();
    let mut known = BTreeSet::new();
    properties(&schema(), &mut known);
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    let first_cells = rows.filter_map(|row| row.split('|').nth(1));
    let described: BTreeSet<String> = first_cells
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .map(str::to_owned)
        .collect();
    assert_eq!(described, known, "left: described, right: written");
}
