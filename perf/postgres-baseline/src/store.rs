//! The tables, and what is done with them.

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use serde_json::Value;
use tokio_postgres::{Config, NoTls};
use uuid::Uuid;

use crate::documents;

/// The database.
#[derive(Debug)]
pub(crate) struct Store {
    pool: Pool,
}

/// What came of a purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Purchased,
    NotEnough,
    NoOption,
}

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS ticket_options (
        id uuid PRIMARY KEY,
        name text NOT NULL,
        description text NOT NULL,
        allocation bigint NOT NULL CHECK (allocation >= 0),
        available bigint NOT NULL CHECK (available >= 0)
    );
    CREATE TABLE IF NOT EXISTS purchases (
        id uuid PRIMARY KEY,
        quantity bigint NOT NULL CHECK (quantity > 0),
        ticket_option_id uuid NOT NULL REFERENCES ticket_options,
        user_id uuid NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now()
    );";

impl Store {
    /// Connects and makes the tables where they are missing.
    pub(crate) async fn open(database: &str, connections: usize) -> anyhow::Result<Self> {
        let config: Config = database.parse()?;
        let recycling_method = RecyclingMethod::Fast;
        let manager = Manager::from_config(config, NoTls, ManagerConfig { recycling_method });
        let pool = Pool::builder(manager).max_size(connections).build()?;
        pool.get().await?.batch_execute(TABLES).await?;
        Ok(Self { pool })
    }

    pub(crate) async fn create_option(
        &self,
        id: Uuid,
        name: &str,
        description: &str,
        allocation: i64,
    ) -> anyhow::Result<()> {
        let client = self.pool.get().await?;
        let insert = client
            .prepare_cached("INSERT INTO ticket_options VALUES ($1, $2, $3, $4, $4)")
            .await?;
        client
            .execute(&insert, &[&id, &name, &description, &allocation])
            .await?;
        Ok(())
    }

    pub(crate) async fn option(&self, id: Uuid) -> anyhow::Result<Option<Value>> {
        let client = self.pool.get().await?;
        let select = client
            .prepare_cached(
                "SELECT name, description, allocation, available FROM ticket_options WHERE id = $1",
            )
            .await?;
        let row = client.query_opt(&select, &[&id]).await?;
        Ok(row.map(|row| documents::option(id, row.get(0), row.get(1), row.get(2), row.get(3))))
    }

    /// The transaction: lock the option's row, look, take, remember.
    pub(crate) async fn purchase(
        &self,
        id: Uuid,
        option: Uuid,
        user: Uuid,
        quantity: i64,
    ) -> anyhow::Result<Outcome> {
        let mut client = self.pool.get().await?;
        let transaction = client.transaction().await?;
        let lock = transaction
            .prepare_cached("SELECT available FROM ticket_options WHERE id = $1 FOR UPDATE")
            .await?;
        let Some(row) = transaction.query_opt(&lock, &[&option]).await? else {
            return Ok(Outcome::NoOption);
        };
        let available: i64 = row.get(0);
        if available < quantity {
            transaction.rollback().await?;
            return Ok(Outcome::NotEnough);
        }
        let take = transaction
            .prepare_cached("UPDATE ticket_options SET available = available - $2 WHERE id = $1")
            .await?;
        transaction.execute(&take, &[&option, &quantity]).await?;
        let insert = transaction
            .prepare_cached(
                "INSERT INTO purchases (id, quantity, ticket_option_id, user_id) \
                 VALUES ($1, $2, $3, $4)",
            )
            .await?;
        transaction
            .execute(&insert, &[&id, &quantity, &option, &user])
            .await?;
        transaction.commit().await?;
        Ok(Outcome::Purchased)
    }

    pub(crate) async fn find_purchase(&self, id: Uuid) -> anyhow::Result<Option<Value>> {
        let client = self.pool.get().await?;
        let select = client
            .prepare_cached(
                "SELECT ticket_option_id, user_id, quantity FROM purchases WHERE id = $1",
            )
            .await?;
        let row = client.query_opt(&select, &[&id]).await?;
        Ok(row.map(|row| documents::purchase(id, row.get(0), row.get(1), row.get(2))))
    }
}
