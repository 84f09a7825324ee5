//! What the body of an answer is made of.

use std::convert::Infallible;
use std::io::Cursor;
use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Buf, Bytes, Frame, SizeHint};

use super::live::Opening;

/// The body of an answer, as hyper reads it: in one piece, or never.
#[derive(Debug)]
pub(super) enum Body {
    Whole(Option<Piece>),
    Live(Opening),
}

impl Body {
    /// Bytes of this answer alone.
    pub(super) fn own(bytes: Vec<u8>) -> Self {
        Self::whole(Piece::Own(Cursor::new(bytes)))
    }

    /// Bytes that answers share.
    pub(super) fn shared(bytes: Bytes) -> Self {
        Self::whole(Piece::Shared(bytes))
    }

    fn whole(piece: Piece) -> Self {
        Self::Whole(piece.has_remaining().then_some(piece))
    }
}

impl hyper::body::Body for Body {
    type Data = Piece;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Piece>, Infallible>>> {
        match &mut *self {
            Self::Whole(piece) => Poll::Ready(piece.take().map(|piece| Ok(Frame::data(piece)))),
            Self::Live(opening) => {
                opening.hand_over(context.waker());
                Poll::Pending
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(None))
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(piece) => {
                SizeHint::with_exact(piece.as_ref().map_or(0, Buf::remaining) as u64)
            }
            Self::Live(_) => SizeHint::default(),
        }
    }
}

/// A whole body's bytes.
#[derive(Debug)]
pub(super) enum Piece {
    Own(Cursor<Vec<u8>>),
    Shared(Bytes),
}

impl Buf for Piece {
    fn remaining(&self) -> usize {
        match self {
            Self::Own(bytes) => bytes.remaining(),
            Self::Shared(bytes) => bytes.remaining(),
        }
    }

    fn chunk(&self) -> &[u8] {
        match self {
            Self::Own(bytes) => bytes.chunk(),
            Self::Shared(bytes) => bytes.chunk(),
        }
    }

    fn advance(&mut self, count: usize) {
        match self {
            Self::Own(bytes) => bytes.advance(count),
            Self::Shared(bytes) => bytes.advance(count),
        }
    }
}
