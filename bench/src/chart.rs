//! The chart of throughput against latency: a line per system, a point per number of connections.

use std::fmt::Display;
use std::ops::Range;

use plotters::prelude::*;

use crate::case::System;
use crate::error::BenchError;
use crate::report::Row;

/// Width and height, in pixels.
const SIZE: (u32, u32) = (960, 600);

/// The systems in the chart. Colour-blind readers can distinguish these colours.
const LINES: [(System, RGBColor); 3] = [
    (System::Baseline, RGBColor(0xD5, 0x5E, 0x00)),
    (System::Postgres, RGBColor(0x00, 0x72, 0xB2)),
    (System::Sqlite, RGBColor(0x00, 0x9E, 0x73)),
];

#[derive(Debug, Clone, Copy, PartialEq)]
struct Point {
    connections: u32,
    per_second: f64,
    p99_ms: f64,
}

/// The chart as SVG; `None` if there are no points.
pub fn draw(rows: &[Row]) -> Result<Option<String>, BenchError> {
    let lines: Vec<_> =
        LINES.iter().map(|(system, colour)| (*system, *colour, points(rows, *system))).collect();
    let all: Vec<Point> = lines.iter().flat_map(|(_, _, points)| points.iter().copied()).collect();
    let x_range = decades(all.iter().map(|point| point.per_second));
    let y_range = decades(all.iter().map(|point| point.p99_ms));
    let (Some(x_range), Some(y_range)) = (x_range, y_range) else { return Ok(None) };
    let mut svg = String::new();
    draw_into(&mut svg, &lines, x_range, y_range)?;
    Ok(Some(svg))
}

fn points(rows: &[Row], system: System) -> Vec<Point> {
    let of_system = rows.iter().filter(|row| row.system == system && row.is_chart_point);
    let mut points: Vec<Point> = of_system
        .filter_map(|row| {
            let per_second = row.per_second?.median;
            let p99_ms = row.p99_ms?;
            let drawable = per_second > 0.0 && p99_ms > 0.0;
            drawable.then_some(Point { connections: row.connections, per_second, p99_ms })
        })
        .collect();
    points.sort_by_key(|point| point.connections);
    points
}

/// The powers of ten around the values.
fn decades(values: impl Iterator<Item = f64> + Clone) -> Option<Range<f64>> {
    let low = values.clone().min_by(f64::total_cmp)?.log10().floor();
    let high = values.max_by(f64::total_cmp)?.log10().ceil();
    Some(10_f64.powf(low)..10_f64.powf(high.max(low + 1.0)))
}

type Line = (System, RGBColor, Vec<Point>);

fn draw_into(
    svg: &mut String,
    lines: &[Line],
    x_range: Range<f64>,
    y_range: Range<f64>,
) -> Result<(), BenchError> {
    let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    root.fill(&WHITE).map_err(chart_error)?;
    let mut chart = ChartBuilder::on(&root)
        .caption("Orders for one hot SKU, by number of connections", ("sans-serif", 24))
        .margin(20)
        .margin_right(48)
        .x_label_area_size(56)
        .y_label_area_size(72)
        .build_cartesian_2d(x_range.log_scale(), y_range.log_scale())
        .map_err(chart_error)?;
    chart
        .configure_mesh()
        .x_desc("orders per second: more is better")
        .y_desc("p99 of a request, ms: less is better")
        .x_label_formatter(&axis_label)
        .y_label_formatter(&axis_label)
        .label_style(("sans-serif", 15))
        .axis_desc_style(("sans-serif", 17))
        .bold_line_style(BLACK.mix(0.25))
        .light_line_style(BLACK.mix(0.07))
        .draw()
        .map_err(chart_error)?;
    for (system, colour, points) in lines.iter().filter(|(_, _, points)| !points.is_empty()) {
        let at = |point: &Point| (point.per_second, point.p99_ms);
        let line = LineSeries::new(points.iter().map(at), colour.stroke_width(3));
        chart
            .draw_series(line)
            .map_err(chart_error)?
            .label(system.title())
            .legend(|(x, y)| PathElement::new([(x, y), (x + 24, y)], colour.stroke_width(3)));
        let marks = points.iter().map(|point| {
            let label = Text::new(point.connections.to_string(), (8, -16), ("sans-serif", 15).into_font());
            EmptyElement::at(at(point)) + Circle::new((0, 0), 5, colour.filled()) + label
        });
        chart.draw_series(marks).map_err(chart_error)?;
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperRight)
        .background_style(WHITE.mix(0.9))
        .border_style(BLACK.mix(0.3))
        .label_font(("sans-serif", 16))
        .draw()
        .map_err(chart_error)?;
    root.present().map_err(chart_error)
}

fn chart_error(error: impl Display) -> BenchError {
    BenchError::Chart(error.to_string())
}

/// Formats a value with thousands separators, and with decimals only below 1.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "required by the library")]
fn axis_label(value: &f64) -> String {
    if *value < 1.0 {
        return value.to_string();
    }
    let text = holdfast_terminal::output::decimal(*value);
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_contain_every_point_and_are_never_empty() {
        assert_eq!(decades([760.0, 23_000.0].into_iter()), Some(100.0..100_000.0));
        assert_eq!(decades([10.0].into_iter()), Some(10.0..100.0));
        assert_eq!(decades(std::iter::empty()), None);
    }

    #[test]
    fn axis_labels_have_separators_and_few_decimals() {
        assert_eq!([0.1, 1.0, 2.5, 10_000.0].map(|value| axis_label(&value)), ["0.1", "1", "2.5", "10,000"]);
    }

    #[test]
    fn without_measurements_there_is_no_chart() {
        assert!(draw(&[]).unwrap().is_none());
    }

    #[test]
    fn a_line_is_labelled_with_its_system_and_its_points() {
        let points = [(1, 700.0, 3.0), (64, 4_000.0, 30.0)];
        let points =
            points.map(|(connections, per_second, p99_ms)| Point { connections, per_second, p99_ms });
        let lines = [(System::Sqlite, BLACK, points.to_vec())];
        let mut svg = String::new();
        draw_into(&mut svg, &lines, 100.0..10_000.0, 1.0..100.0).unwrap();
        assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"));
        for text in ["Holdfast, SQLite", "64", "10,000", "p99 of a request"] {
            assert!(svg.contains(text), "{text}");
        }
    }
}
