//! Moments as RFC 3339 writes them, with any offset.

use std::time::UNIX_EPOCH;

use crate::inventory::Micros;

/// The moment that a text names, in microseconds since 1970.
pub(super) fn parse(text: &str) -> Option<Micros> {
    let (local, seconds_east) = if let Some(local) = text.strip_suffix('Z') {
        (local, 0)
    } else {
        let (local, offset) = text.split_at_checked(text.len().checked_sub(6)?)?;
        (local, offset_seconds(offset)?)
    };
    // A T between date and time, as RFC 3339 has it first.
    if local.as_bytes().get(10) != Some(&b'T') {
        return None;
    }
    let utc = humantime::parse_rfc3339(&format!("{local}Z")).ok()?;
    let local = utc.duration_since(UNIX_EPOCH).ok()?.as_micros();
    let utc = i128::try_from(local).ok()? - seconds_east * 1_000_000;
    Micros::try_from(utc).ok()
}

fn offset_seconds(offset: &str) -> Option<i128> {
    let [sign, h1, h0, b':', m1, m0] = *offset.as_bytes() else {
        return None;
    };
    let number = |tens: u8, ones: u8, below: i128| {
        if !tens.is_ascii_digit() || !ones.is_ascii_digit() {
            return None;
        }
        let number = i128::from(tens - b'0') * 10 + i128::from(ones - b'0');
        (number < below).then_some(number)
    };
    let seconds = number(h1, h0, 24)? * 3600 + number(m1, m0, 60)? * 60;
    match sign {
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_offset_is_understood() {
        for (text, moment) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2026-11-21T18:00:00.123456Z", Some(1_795_284_000_123_456)),
            ("2026-11-21T19:30:00+01:30", Some(1_795_284_000_000_000)),
            ("2026-11-21T13:00:00-05:00", Some(1_795_284_000_000_000)),
            ("1970-01-01T00:00:00+01:00", None),
            ("2026-02-29T18:00:00Z", None),
            ("2026-11-21 18:00:00Z", None),
            ("2026-11-21T18:00:00", None),
            ("2026-11-21T18:00:00+24:00", None),
            ("2026-11-21T18:00:00+1:000", None),
            ("2026-11-21T18:00:00é01:00", None),
            ("2026-11-21", None),
            ("next friday", None),
            ("é:00:00", None),
            ("", None),
        ] {
            assert_eq!(parse(text), moment, "{text}");
        }
    }
}
