//! Transactions that another one may overtake.

use super::StoreError;

/// How often a transaction is made again.
const REPEATS: usize = 5;

/// Makes a transaction, and makes it again where [that may help](StoreError::may_pass_if_repeated):
/// `make` does all of it, from its beginning to its commit.
pub async fn repeated<T, F>(make: impl Fn() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    for _ in 0..REPEATS {
        match make().await {
            Err(error) if error.may_pass_if_repeated() => {}
            done => return done,
        }
    }
    make().await
}
