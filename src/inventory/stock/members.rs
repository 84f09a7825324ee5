//! Members.

use super::made::Made;
use super::ordered::{Ordered, Row};
use crate::inventory::id::Id;
use crate::inventory::operation::{Kind, Member, Refusal};

/// The members of one shard. They are never deleted.
#[derive(Debug, Default)]
pub(super) struct Members {
    rows: Ordered<MemberRow>,
}

#[derive(Debug)]
struct MemberRow {
    id: Id,
    name: Box<str>,
}

impl Row for MemberRow {
    fn id(&self) -> Id {
        self.id
    }
}

impl MemberRow {
    fn show(&self) -> Member {
        Member {
            id: self.id,
            name: self.name.as_ref().to_owned(),
        }
    }
}

impl Members {
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Makes a member, unless there are `most`.
    pub(super) fn create(
        &mut self,
        id: Id,
        name: &str,
        most: usize,
    ) -> Result<Made<Member>, Refusal> {
        if let Some(row) = self.rows.get(id) {
            if &*row.name == name {
                return Ok(Made::Again(row.show()));
            }
            return Err(Refusal::IdTaken);
        }
        if self.rows.len() >= most {
            return Err(Refusal::Full(Kind::Member));
        }
        let row = MemberRow {
            id,
            name: name.into(),
        };
        let member = row.show();
        self.rows.insert(row);
        Ok(Made::New(member))
    }

    pub(super) fn find(&self, id: Id) -> Option<Member> {
        self.rows.get(id).map(MemberRow::show)
    }

    /// All members, for a snapshot.
    pub(super) fn iter(&self) -> impl Iterator<Item = Member> {
        self.rows.iter().map(MemberRow::show)
    }
}
