//! The picture: messages and memory over time, and when something went wrong.

#![forbid(unsafe_code)]

use std::error::Error;
use std::path::Path;
use std::time::Duration;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};

use crate::report::{Report, Sample};

/// Any font will do; this one is in the Debian package fonts-dejavu-core.
const FONT_FILE: &str = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf";
const FONT: &str = "sans-serif";
const SIZE: (u32, u32) = (1200, 800);
const UPPER_HEIGHT: i32 = 480;

type Area<'a> = DrawingArea<BitMapBackend<'a>, Shift>;
type Series = (&'static str, RGBColor, fn(&Sample) -> f64);

/// Draws the report as a PNG.
pub(crate) fn draw(report: &Report, file: &Path) -> Result<(), Box<dyn Error>> {
    let font = std::fs::read(FONT_FILE)
        .map_err(|cause| format!("{FONT_FILE}: {cause}: apt-get install fonts-dejavu-core"))?;
    // The library wants it for the rest of the process, which ends after this.
    register_font(FONT, FontStyle::Normal, font.leak()).map_err(|_| "the font is unusable")?;
    let root = BitMapBackend::new(file, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let (upper, lower) = root.split_vertically(UPPER_HEIGHT);
    let messages: [Series; 3] = [
        ("sent", BLUE, |sample| sample.sent as f64),
        ("acknowledged", GREEN, |sample| sample.acknowledged as f64),
        ("received back", MAGENTA, |sample| sample.received as f64),
    ];
    chart(&upper, report, "QoS 1 messages; pale red: a fault begins", &messages)?;
    let memory: [Series; 1] = [("resident", BLACK, |sample| sample.memory as f64)];
    chart(&lower, report, "memory of the device, KiB", &memory)?;
    root.present()?;
    Ok(())
}

fn chart(
    area: &Area<'_>,
    report: &Report,
    caption: &str,
    series: &[Series],
) -> Result<(), Box<dyn Error>> {
    let minutes = |at: Duration| at.as_secs_f64() / 60.0;
    let end = report.samples.last().map_or(1.0, |sample| minutes(sample.at));
    let values =
        report.samples.iter().flat_map(|sample| series.iter().map(|(_, _, of)| of(sample)));
    let top = values.fold(1.0, f64::max) * 1.1;
    let mut chart = ChartBuilder::on(area)
        .caption(caption, (FONT, 22))
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(70)
        .build_cartesian_2d(0.0..end, 0.0..top)?;
    chart
        .configure_mesh()
        .x_desc("minutes")
        .x_label_formatter(&|minute| format!("{minute:.0}"))
        .y_label_formatter(&|value| format!("{value:.0}"))
        .label_style((FONT, 15))
        .disable_x_mesh()
        .light_line_style(WHITE)
        .draw()?;
    for (at, _) in &report.faults {
        let line = [(minutes(*at), 0.0), (minutes(*at), top)];
        chart.draw_series(LineSeries::new(line, RED.mix(0.25)))?;
    }
    for &(name, colour, of) in series {
        let points = report.samples.iter().map(|sample| (minutes(sample.at), of(sample)));
        chart
            .draw_series(LineSeries::new(points, colour.stroke_width(2)))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], colour.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .background_style(WHITE)
        .border_style(BLACK)
        .label_font((FONT, 15))
        .draw()?;
    Ok(())
}
