//! Transactions that another one may overtake.

use super::StoreError;

/// How often a transaction is made again.
const REPEATS: usize = 5;

/// Why a transaction was not made.
pub trait Obstacle {
    /// Whether the same transaction may succeed if it is made again at once.
    fn may_pass_if_repeated(&self) -> bool;
}

impl Obstacle for StoreError {
    fn may_pass_if_repeated(&self) -> bool {
        StoreError::may_pass_if_repeated(self)
    }
}

/// Makes a transaction, and makes it again where [that may help](Obstacle): `make` does all of it, from its
/// beginning to its commit.
pub async fn repeated<T, E, F>(make: impl Fn() -> F) -> Result<T, E>
where
    E: Obstacle,
    F: Future<Output = Result<T, E>>,
{
    for _ in 0..REPEATS {
        match make().await {
            Err(error) if error.may_pass_if_repeated() => {}
            done => return done,
        }
    }
    make().await
}
