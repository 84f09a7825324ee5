//! Numbers as the page shows them.

use indicatif::HumanCount;

/// A number without needless zeros.
pub(super) fn plain(value: f64) -> String {
    let text = format!("{value:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    text.to_owned()
}

/// One decimal place, thousands set apart.
pub(super) fn tenths(value: f64) -> String {
    let tenths = (value * 10.0).round() as u64;
    format!("{}.{}", HumanCount(tenths / 10), tenths % 10)
}

/// A count: 1,500 is 1.5 k, 2 million are 2 M.
pub(super) fn count(value: f64) -> String {
    match value {
        _ if value >= 1e9 => format!("{} G", plain(value / 1e9)),
        _ if value >= 1e6 => format!("{} M", plain(value / 1e6)),
        _ if value >= 1e3 => format!("{} k", plain(value / 1e3)),
        _ => plain(value),
    }
}

/// A time given in microseconds, in µs, ms or s, three digits at most.
pub(super) fn micros(value: f64) -> String {
    // Just under a thousand would be rounded up to it.
    let (value, unit) = match value {
        _ if value >= 999_500.0 => (value / 1e6, "s"),
        _ if value >= 999.5 => (value / 1e3, "ms"),
        _ => (value, "µs"),
    };
    let digits = match value {
        _ if value >= 99.95 => 0,
        _ if value >= 9.995 => 1,
        _ => 2,
    };
    let text = format!("{value:.digits$}");
    let text = if digits > 0 {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    format!("{text} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!([50.0, 99.999, 0.5].map(plain), ["50", "99.999", "0.5"]);
        assert_eq!([999.0, 20e3, 1.5e6].map(count), ["999", "20 k", "1.5 M"]);
        assert_eq!([0.04, 12_345.67].map(tenths), ["0.0", "12,345.7"]);
        let times = [0.064, 12.34, 999.7, 1_000.0, 20e3, 123_456.0, 2.5e6];
        let texts = [
            "0.06 µs", "12.3 µs", "1 ms", "1 ms", "20 ms", "123 ms", "2.5 s",
        ];
        assert_eq!(times.map(micros), texts);
    }
}
