//! Line plots as SVG. Colours are placeholders that the page's style sheet
//! replaces, so that one plot suits a light and a dark page.

use std::{fmt::Debug, io, ops::Range};

use plotters::{
    coord::ranged1d::{KeyPointHint, NoDefaultFormatting, ValueFormatter},
    prelude::*,
    style::text_anchor::{HPos, Pos, VPos},
};

use super::axis::Axis;

/// Size of a plot in its own units, of which the page shows about two per
/// pixel: the backend rounds places to whole units.
const WIDTH: u32 = 1_520;
const HEIGHT: u32 = 600;
const FONT: &str = "sans-serif";
const FONT_SIZE: u32 = 30;
/// Room for the labels and the title of an axis, and at the other ends.
const LEFT: u32 = 168;
const BELOW: u32 = 96;
const MARGIN: u32 = 20;
const MARGIN_RIGHT: u32 = 48;
const TICK: u32 = 10;
const HAIRLINE: u32 = 2;
const THIN: u32 = 2;
const SOLID: u32 = 4;
const DOT: u32 = 6;

const INK: RGBColor = RGBColor(1, 1, 1);
const GRID: RGBColor = RGBColor(2, 2, 2);

/// What a colour stands for; `page.css` says how it looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tint {
    First,
    Second,
    Third,
    Fourth,
    Bad,
}

impl Tint {
    /// For series that mean nothing bad, in order.
    pub(super) const SERIES: [Self; 4] = [Self::First, Self::Second, Self::Third, Self::Fourth];

    /// The placeholder.
    pub(super) const fn color(self) -> RGBColor {
        match self {
            Self::First => RGBColor(3, 0, 1),
            Self::Second => RGBColor(3, 0, 2),
            Self::Third => RGBColor(3, 0, 3),
            Self::Fourth => RGBColor(3, 0, 4),
            Self::Bad => RGBColor(3, 0, 5),
        }
    }

    /// The class of its key in the legend.
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::First => "key s1",
            Self::Second => "key s2",
            Self::Third => "key s3",
            Self::Fourth => "key s4",
            Self::Bad => "key bad",
        }
    }
}

/// One line of a plot.
#[derive(Clone, Debug)]
pub(super) struct Series {
    pub(super) name: String,
    pub(super) tint: Tint,
    pub(super) points: Vec<(f64, f64)>,
    /// From this place on the line is thin: too few samples.
    pub(super) thin_from: f64,
}

/// Draws lines between two axes.
///
/// # Errors
/// If the backend refuses.
pub(super) fn lines(x: &Axis, y: &Axis, series: &[Series]) -> io::Result<String> {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (WIDTH, HEIGHT)).into_drawing_area();
        let mut chart = ChartBuilder::on(&root)
            .margin(MARGIN)
            .margin_right(MARGIN_RIGHT)
            .x_label_area_size(BELOW)
            .y_label_area_size(LEFT)
            .build_cartesian_2d(x.clone(), y.clone())
            .map_err(failed)?;
        chart
            .configure_mesh()
            .set_all_tick_mark_size(TICK)
            .x_desc(x.title.as_str())
            .y_desc(y.title.as_str())
            .x_labels(x.ticks.len())
            .y_labels(y.ticks.len())
            .bold_line_style(GRID.stroke_width(HAIRLINE))
            .light_line_style(TRANSPARENT)
            .axis_style(GRID.stroke_width(HAIRLINE))
            .label_style((FONT, FONT_SIZE).into_font().color(&INK))
            .axis_desc_style((FONT, FONT_SIZE).into_font().color(&INK))
            .draw()
            .map_err(failed)?;
        for line in series {
            let solid = line.points.iter().filter(|at| at.0 <= line.thin_from);
            let thin = line.points.iter().filter(|at| at.0 > line.thin_from);
            let join: Vec<_> = solid
                .clone()
                .next_back()
                .into_iter()
                .chain(thin)
                .copied()
                .collect();
            let solid: Vec<_> = solid.copied().collect();
            let color = line.tint.color();
            if let [alone] = solid[..] {
                let dot = Circle::new(alone, DOT, color.filled());
                chart.draw_series([dot]).map_err(failed)?;
            }
            chart
                .draw_series(LineSeries::new(solid, color.stroke_width(SOLID)))
                .map_err(failed)?;
            chart
                .draw_series(LineSeries::new(join, color.mix(0.5).stroke_width(THIN)))
                .map_err(failed)?;
        }
        root.present().map_err(failed)?;
    }
    Ok(svg)
}

/// One bar: a name, a count and its text.
#[derive(Clone, Debug)]
pub(super) struct Bar {
    pub(super) name: String,
    pub(super) tint: Tint,
    pub(super) length: f64,
    pub(super) text: String,
}

/// The axis of the bars' names: one row each, the first on top.
struct Rows<'a>(&'a [Bar]);

impl Ranged for Rows<'_> {
    type FormatOption = NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (bottom, top): (i32, i32)) -> i32 {
        let share = value / self.0.len().max(1) as f64;
        top + (share * f64::from(bottom - top)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _hint: Hint) -> Vec<f64> {
        (0..self.0.len()).map(|row| row as f64 + 0.5).collect()
    }

    fn range(&self) -> Range<f64> {
        0.0..self.0.len() as f64
    }
}

impl ValueFormatter<f64> for Rows<'_> {
    fn format_ext(&self, middle: &f64) -> String {
        let bar = self.0.get(*middle as usize);
        bar.map_or_else(String::new, |bar| bar.name.clone())
    }
}

/// Draws bars from left to right, the first on top.
///
/// # Errors
/// If the backend refuses.
pub(super) fn bars(x: &Axis, bars: &[Bar]) -> io::Result<String> {
    /// Height of a bar with its gap, and the part of it that the bar fills.
    const ROW: u32 = 60;
    const FILL: f64 = 0.62;
    let rows = bars.len();
    let height = ROW * rows as u32 + BELOW + 2 * MARGIN;
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (WIDTH, height)).into_drawing_area();
        let mut chart = ChartBuilder::on(&root)
            .margin(MARGIN)
            .margin_right(MARGIN_RIGHT)
            .x_label_area_size(BELOW)
            .y_label_area_size(2 * LEFT - 48)
            .build_cartesian_2d(x.clone(), Rows(bars))
            .map_err(failed)?;
        chart
            .configure_mesh()
            .set_all_tick_mark_size(TICK)
            .x_desc(x.title.as_str())
            .x_labels(x.ticks.len())
            .y_labels(rows)
            .bold_line_style(GRID.stroke_width(HAIRLINE))
            .light_line_style(TRANSPARENT)
            .disable_y_mesh()
            .axis_style(GRID.stroke_width(HAIRLINE))
            .label_style((FONT, FONT_SIZE).into_font().color(&INK))
            .axis_desc_style((FONT, FONT_SIZE).into_font().color(&INK))
            .draw()
            .map_err(failed)?;
        let gap = (1.0 - FILL) / 2.0;
        let boxes = bars.iter().enumerate().map(|(row, bar)| {
            let top = row as f64 + gap;
            let corners = [(0.0, top), (bar.length, top + FILL)];
            Rectangle::new(corners, bar.tint.color().filled())
        });
        chart.draw_series(boxes).map_err(failed)?;
        let style = (FONT, FONT_SIZE).into_font().color(&INK);
        let style = style.pos(Pos::new(HPos::Left, VPos::Center));
        let texts = bars.iter().enumerate().map(|(row, bar)| {
            let at = (bar.length, row as f64 + 0.5);
            EmptyElement::at(at) + Text::new(bar.text.clone(), (12, 0), style.clone())
        });
        chart.draw_series(texts).map_err(failed)?;
        root.present().map_err(failed)?;
    }
    Ok(svg)
}

fn failed(error: impl Debug) -> io::Error {
    io::Error::other(format!("cannot draw a plot: {error:?}"))
}
