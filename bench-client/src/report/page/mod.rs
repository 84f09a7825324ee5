//! The report as one HTML page: nothing is loaded from elsewhere, no script.

mod axis;
mod facts;
mod figures;
mod plot;
mod units;

use indicatif::HumanCount;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use self::figures::Figure;
use super::{rows::rows, shape};
use crate::{
    failure::Failure,
    record::run::{Bound, Clock, QUANTILES, RunRecord, Verdict},
};

const STYLE: &str = include_str!("page.css");

/// The page.
///
/// # Errors
/// If a stored histogram is damaged or a plot cannot be drawn.
pub(crate) fn html(record: &RunRecord) -> Result<String, Failure> {
    let tables = Clock::ALL
        .into_iter()
        .map(|clock| table(record, clock))
        .collect::<Result<Vec<_>, _>>()?;
    let headline = shape::headline(&record.setup);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { "Ringside load: " (headline) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    header {
                        p.over { "Ringside load report" }
                        h1 { (headline) }
                        p.details { (shape::details(record).join("; ")) }
                        (verdict(&record.verdict()))
                        (client_bound(record))
                    }
                    (tiles(record))
                    (warnings(record))
                    @for table in &tables { (table) }
                    @for figure in figures::all(record)? { (plot(&figure)) }
                    (facts::runs(record))
                    (facts::environment(record))
                }
            }
        }
    };
    Ok(page.into_string())
}

fn verdict(verdict: &Verdict) -> Markup {
    let (class, text) = match verdict {
        Verdict::Ok => ("verdict good", "Every reply was right."),
        Verdict::Wrong { .. } => ("verdict wrong", "The server answered wrongly."),
        Verdict::Lost { .. } => ("verdict wrong", "Connections were lost."),
        Verdict::Partial { .. } => ("verdict partial", "Broken off; right as far as it went."),
    };
    html! {
        p class=(class) {
            strong { (text) }
            @if let Some(reason) = verdict.reason() { " " (reason) }
        }
    }
}

fn client_bound(record: &RunRecord) -> Markup {
    let mut bounds = record.runs.iter().map(|run| &run.client.bound);
    let bound = bounds.find(|bound| bound.verdict == Bound::Yes);
    html! {
        @if let Some(bound) = bound {
            p class="verdict partial" {
                strong { "Client-bound: the figures say more about the client." }
                " " (bound.reason)
            }
        }
    }
}

fn tiles(record: &RunRecord) -> Markup {
    let clock = record.leading_clock();
    let of_clock = format!("{} ", clock.key());
    let tiles = record.summary.iter().filter_map(|summary| {
        let value = |value: f64| match summary.unit.as_str() {
            "/s" => HumanCount(value.round() as u64).to_string(),
            _ => units::micros(value),
        };
        let (name, unit) = match summary.name.as_str() {
            "throughput" => ("throughput".to_owned(), "replies/s"),
            "server_cpu_per_command" => ("server CPU".to_owned(), "per command"),
            name => {
                let quantile = name.strip_prefix(&of_clock)?;
                let is_shown = ["p50", "p99", "p99.9"].contains(&quantile);
                is_shown.then(|| (quantile.to_owned(), clock.name()))?
            }
        };
        let interval = summary.low.zip(summary.high);
        let interval = interval.map(|(low, high)| format!("{} to {}", value(low), value(high)));
        Some((name, value(summary.median), unit, interval))
    });
    html! {
        section.tiles {
            @for (name, value, unit, interval) in tiles {
                div.tile {
                    span.name { (name) }
                    span.value { (value) }
                    span.unit { (unit) }
                    @if let Some(interval) = interval { span.unit { "95 %: " (interval) } }
                }
            }
        }
    }
}

fn warnings(record: &RunRecord) -> Markup {
    let mut codes: Vec<&str> = Vec::new();
    let all = record.runs.iter().flat_map(|run| &run.warnings);
    let once = all.filter(|warning| {
        let is_new = !codes.contains(&warning.code.as_str());
        codes.push(&warning.code);
        is_new
    });
    let once: Vec<_> = once.collect();
    html! {
        @if !once.is_empty() {
            section.warnings {
                h2 { "Beware" }
                dl {
                    @for warning in once {
                        dt { (warning.code) }
                        dd { (warning.cause) }
                        dd.cure { (warning.cure) }
                    }
                }
            }
        }
    }
}

fn table(record: &RunRecord, clock: Clock) -> Result<Markup, Failure> {
    let rows = rows(record, clock)?;
    let is_thin = rows
        .iter()
        .any(|row| row.cells.iter().any(|cell| !cell.is_backed));
    Ok(html! {
        @if !rows.is_empty() {
            section {
                h2 { (clock.name()) ", µs" }
                p.note {
                    "Counted " (clock.meaning()) "."
                    @if record.runs.len() > 1 { " Medians of " (record.runs.len()) " runs." }
                }
                div.scroll {
                    table {
                        thead {
                            tr {
                                th { "verb" } th { "outcome" } th.number { "count" }
                                @for quantile in QUANTILES { th.number { (quantile.name) } }
                            }
                        }
                        tbody {
                            @for row in &rows {
                                tr.all[row.verb == "all"] {
                                    td { (row.verb) } td { (row.outcome) }
                                    td.number { (HumanCount(row.count)) }
                                    @for cell in row.cells {
                                        td.number.thin[!cell.is_backed] {
                                            (units::tenths(cell.micros))
                                            @if !cell.is_backed { span.mark { "~" } }
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
                @if is_thin { p.note { "~ fewer than 10 samples beyond this quantile" } }
            }
        }
    })
}

fn plot(figure: &Figure) -> Markup {
    html! {
        section {
            h2 { (figure.title) }
            @if !figure.note.trim().is_empty() { p.note { (figure.note) } }
            @if figure.keys.len() > 1 {
                p.keys {
                    @for (name, tint) in &figure.keys {
                        span class=(tint.class()) { (name) }
                    }
                }
            }
            div.plot role="img" aria-label=(figure.title) { (PreEscaped(&figure.svg)) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::run::sample;

    #[test]
    fn the_page_is_whole_and_loads_nothing() {
        let mut record = sample::open_record();
        record.summarise().unwrap();
        let page = html(&record).unwrap();
        for part in [
            "Latency by percentile",
            "over time",
            "Throughput",
            "Outcomes",
            "Beware",
        ] {
            assert!(page.contains(part), "no {part}");
        }
        assert_eq!(page.matches("<svg").count(), 5);
        for loads in ["<script", "<link", "src=", "@import", "url(", "<image"] {
            assert!(!page.contains(loads), "{loads}");
        }
        assert!(!page.contains("NaN") && !page.contains("inf\""));
    }

    #[test]
    fn what_comes_from_outside_is_escaped() {
        let page = html(&sample::open_record()).unwrap();
        assert!(page.contains("Some &lt;CPU&gt; &amp; more"), "{page}");
        assert!(!page.contains("<sends>"));
    }

    #[test]
    fn a_client_that_was_the_limit_is_told_at_the_top() {
        let mut record = sample::record(&[100.0, 110.0]);
        assert!(!html(&record).unwrap().contains("Client-bound:"));
        record.runs[1].client.bound.verdict = Bound::Yes;
        let page = html(&record).unwrap();
        let told = page.find("Client-bound:").unwrap();
        assert!(told < page.find("<table").unwrap());
    }

    #[test]
    fn a_record_without_replies_makes_a_page_too() {
        let mut record = sample::record(&[100.0]);
        record.runs[0].latency.clear();
        record.runs[0].intervals.clear();
        record.runs[0].verdict = Verdict::Lost {
            reason: "the server closed the connection".into(),
        };
        record.summarise().unwrap();
        let page = html(&record).unwrap();
        assert!(page.contains("Connections were lost."), "{page}");
        assert!(!page.contains("<svg"), "nothing to draw");
        assert!(html(&sample::record(&[])).is_ok());
    }
}
