//! Stored replies as changes: a body that is longer than a change may be comes
//! in parts.

use super::change::Change;
use super::keys::KeptKey;
use crate::inventory::operation::StoredReply;
use crate::limits::REPLY_PART_BYTES;

/// The changes that store a reply: parts of its body, then the rest.
pub(super) fn changes<E>(
    key: u128,
    reply: &StoredReply,
    out: &mut dyn FnMut(&Change) -> Result<(), E>,
) -> Result<(), E> {
    let whole = reply.body.len().saturating_sub(1) / REPLY_PART_BYTES * REPLY_PART_BYTES;
    let (parts, rest) = reply.body.split_at(whole);
    self::parts(key, parts, out)?;
    out(&Change::KeySettled {
        key,
        offset: whole as u32,
        reply: StoredReply {
            body: rest.to_vec(),
            location: reply.location.clone(),
            ..*reply
        },
    })
}

/// The reply of a key in a snapshot, or what there is of it.
pub(super) fn kept<E>(
    kept: &KeptKey<'_>,
    out: &mut dyn FnMut(&Change) -> Result<(), E>,
) -> Result<(), E> {
    match kept.reply {
        Some(reply) => changes(kept.key, reply, out),
        None => parts(kept.key, kept.parts, out),
    }
}

fn parts<E>(
    key: u128,
    body: &[u8],
    out: &mut dyn FnMut(&Change) -> Result<(), E>,
) -> Result<(), E> {
    let parts = body.chunks(REPLY_PART_BYTES).enumerate();
    parts
        .map(|(number, bytes)| Change::ReplyPart {
            key,
            offset: (number * REPLY_PART_BYTES) as u32,
            bytes: bytes.to_vec(),
        })
        .try_for_each(|part| out(&part))
}
