//! The ledger.

use std::collections::BTreeMap;

use super::{Api, Door, Failure};
use crate::inventory::{Account, Answer, Balance, LedgerEntry, LedgerFilter, Operation, Page};
use crate::inventory::{Book, Id, Kind, Subject, id};
use crate::limits::PURCHASES_AT_ONCE;
use crate::route::ShardId;

use super::{Target, refused};

impl<D: Door> Api<D> {
    /// Entries of the ledger, oldest first.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn ledger(
        &self,
        filter: LedgerFilter,
        page: Page,
    ) -> Result<Vec<LedgerEntry>, Failure> {
        self.gather(
            page,
            |page| Operation::ListLedger { filter, page },
            |answer| match answer {
                Answer::Ledger(entries) => Some(entries),
                _ => None,
            },
            |entry| entry.id,
        )
        .await
    }

    /// What stands on the accounts that `filter` names. The sum is zero, unless
    /// a member is named. A member's purchases are looked through part by part:
    /// what is purchased meanwhile may count or not.
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn balances(&self, filter: LedgerFilter) -> Result<Vec<Balance>, Failure> {
        let calls: Vec<D::Call> = (0..self.door().shards())
            .map(|shard| {
                let to = Target::Shard(ShardId(shard));
                self.door().call(to, Operation::Balances(filter))
            })
            .collect();
        let mut sums = BTreeMap::<Account, i128>::new();
        for call in calls {
            if let Answer::Balances(balances) = call.await? {
                for balance in balances {
                    *sums.entry(balance.account).or_default() += balance.quantity;
                }
            }
        }
        if let LedgerFilter {
            option,
            ticket: None,
            event: None,
            member: Some(user),
        } = filter
        {
            let quantity = self.purchased(user, option).await?;
            if quantity != 0 {
                let account = Account {
                    book: Book::Sold,
                    of: option.map_or(Subject::AllOptions, Subject::Option),
                    member: Some(user),
                };
                sums.insert(account, quantity);
            }
        }
        Ok(sums
            .into_iter()
            .map(|(account, quantity)| Balance { account, quantity })
            .collect())
    }

    /// How many a user has purchased of an option, or of all.
    async fn purchased(&self, user: Id, option: Option<Id>) -> Result<i128, Failure> {
        let owners = match option {
            Some(option) => vec![Target::Locator(id::locator(option))],
            None => (0..self.door().shards())
                .map(|shard| Target::Shard(ShardId(shard)))
                .collect(),
        };
        let mut sum = 0;
        for owner in owners {
            let mut after = None;
            loop {
                let part = Operation::SumPurchases {
                    user,
                    option,
                    after,
                    most: PURCHASES_AT_ONCE,
                };
                match self.door().call(owner, part).await? {
                    Answer::Purchased { quantity, next } => {
                        sum += quantity as i128;
                        after = next;
                    }
                    other => return refused(&other, Kind::Purchase),
                }
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(sum)
    }
}
