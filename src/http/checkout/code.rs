//! The QR code of a booking, for its ticket: the reference, to be read at the
//! door.

use std::fmt::Write as _;

use hyper::StatusCode;
use qrcode::{Color, EcLevel, QrCode};

use super::bookings;
use crate::api::Door;
use crate::http::answer::Ask;
use crate::http::error::Errors;
use crate::http::reply::Reply;

const SVG: &str = "image/svg+xml";

/// Light modules around a code, as the standard asks for.
const MARGIN: usize = 4;

/// Shows a booking's reference as a QR code, to who may see the booking.
#[utoipa::path(
    get, path = "/bookings/{reference}/qr.svg", tag = "Checkout",
    params(
        ("reference" = String, Path),
        ("token" = Option<String>, Query, description = "The checkout's token."),
    ),
    security((), ("token" = [])),
    responses(
        (status = 200, body = String, content_type = "image/svg+xml"),
        (status = "4XX", body = crate::http::error::Problem, content_type = "application/problem+json"),
    ),
)]
pub(in crate::http) async fn find<D: Door>(
    ask: &Ask<'_, D>,
    reference: &str,
) -> Result<Reply, Errors> {
    let view = bookings::look(ask, reference).await?;
    let drawn = draw(view.reference.as_str());
    Ok(Reply::new(StatusCode::OK, SVG, drawn.into_bytes()))
}

/// A text as a picture: black on white also where pages are dark, or it could
/// not be read. A text that does not fit a code is an empty picture.
fn draw(text: &str) -> String {
    let (width, colors) = match QrCode::with_error_correction_level(text, EcLevel::Q) {
        Ok(code) => (code.width(), code.to_colors()),
        Err(_) => (0, Vec::new()),
    };
    let side = width + 2 * MARGIN;
    let mut path = String::new();
    for (row, modules) in colors.chunks(width.max(1)).enumerate() {
        let mut column = 0;
        for run in modules.chunk_by(|one, next| one == next) {
            if run[0] == Color::Dark {
                let (x, y, length) = (column + MARGIN, row + MARGIN, run.len());
                // Writing to a string cannot fail.
                let _ = write!(path, "M{x} {y}h{length}v1h-{length}z");
            }
            column += run.len();
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" \
         shape-rendering=\"crispEdges\"><rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\
         <path d=\"{path}\"/></svg>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The dark modules of a picture.
    fn modules(svg: &str) -> Vec<Vec<bool>> {
        let side = svg.split("viewBox=\"0 0 ").nth(1).unwrap();
        let side: usize = side.split(' ').next().unwrap().parse().unwrap();
        let mut modules = vec![vec![false; side]; side];
        let path = svg.split("d=\"").nth(1).unwrap().split('"').next().unwrap();
        for run in path.split('z').filter(|run| !run.is_empty()) {
            let (x, rest) = run[1..].split_once(' ').unwrap();
            let (y, rest) = rest.split_once('h').unwrap();
            let length = rest.split('v').next().unwrap();
            let [x, y, length] = [x, y, length].map(|it| it.parse::<usize>().unwrap());
            modules[y][x..x + length].fill(true);
        }
        modules
    }

    #[test]
    fn the_picture_is_the_code() {
        let code = QrCode::with_error_correction_level("K7QX4MHT", EcLevel::Q).unwrap();
        let modules = modules(&draw("K7QX4MHT"));
        assert_eq!(modules.len(), code.width() + 2 * MARGIN);
        for (y, row) in modules.iter().enumerate() {
            for (x, is_dark) in row.iter().enumerate() {
                let inside = MARGIN..MARGIN + code.width();
                let expected = inside.contains(&x)
                    && inside.contains(&y)
                    && code[(x - MARGIN, y - MARGIN)] == Color::Dark;
                assert_eq!(*is_dark, expected, "{x} {y}");
            }
        }
    }

    #[test]
    fn a_code_is_small_and_has_no_script() {
        let svg = draw("K7QX4MHT");
        assert!(
            svg.len() < 8_000 && !svg.contains("script"),
            "{}",
            svg.len()
        );
    }
}
