//! The body of an answer, which may promise more than it delivers.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// A body in one piece, whole or cut off.
#[derive(Debug)]
pub(crate) struct Payload {
    left: Option<Bytes>,
    promised: u64,
    then: Then,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Then {
    End,
    /// One round through the event loop first, so that what was written so far reaches the client.
    Flush,
    Break,
}

impl Payload {
    pub(crate) fn whole(bytes: Bytes) -> Self {
        let promised = bytes.len() as u64;
        Self {
            left: (!bytes.is_empty()).then_some(bytes),
            promised,
            then: Then::End,
        }
    }

    /// Announces the length of `bytes`, sends the first `keep`, and breaks the connection.
    pub(crate) fn truncated(bytes: Bytes, keep: usize) -> Self {
        let promised = bytes.len() as u64;
        let kept = bytes.slice(..keep.min(bytes.len()));
        if kept.len() == bytes.len() {
            return Self::whole(bytes);
        }
        Self {
            left: (!kept.is_empty()).then_some(kept),
            promised,
            then: Then::Flush,
        }
    }
}

impl Body for Payload {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if let Some(bytes) = self.left.take() {
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match self.then {
            Then::End => Poll::Ready(None),
            Then::Flush => {
                self.then = Then::Break;
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Then::Break => Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into()))),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_none() && self.then == Then::End
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.promised)
    }
}
