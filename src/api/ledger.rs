//! The ledger.

use std::collections::BTreeMap;

use super::{Api, Door, Failure};
use crate::inventory::{Account, Answer, Balance, LedgerEntry, LedgerFilter, Operation, Page};
use crate::route::ShardId;

use super::Target;

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

    /// What stands on the accounts that `filter` names. The sum is zero.
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
        Ok(sums
            .into_iter()
            .map(|(account, quantity)| Balance { account, quantity })
            .collect())
    }
}
