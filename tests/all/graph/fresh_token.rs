//! Graph wants a token replaced before it ends, and the sign-in service does not give another one at that
//! moment: the one before is good still.

use super::consent;
use super::house::House;
use crate::support::databases::on_each_database;
use crate::support::patience::eventually;
use std::time::Duration;
use tokio::time::sleep;
use undersigned::store::MailboxId;
use undersigned::store::mailboxes::State;

const REP: &str = "rep@kugellager.test";

/// How long a fresh token that could not be had is not asked for again.
const PAUSE: i64 = 121;

/// How often Graph was asked to renew a subscription.
fn renewals(house: &House) -> usize {
    house.microsoft.world().asked_for("PATCH /subscriptions")
}

/// How often the sign-in service was asked for a token.
fn asked(house: &House) -> usize {
    house.microsoft.world().asked_for("POST token")
}

/// A mailbox that is read with a token which ends in ten minutes.
async fn near_its_end(house: &House, is_own: bool) -> MailboxId {
    let rep = if is_own {
        house.microsoft.world().add_mailbox(REP);
        consent::connect(house).await
    } else {
        house.connect(REP).await
    };
    let world = || house.microsoft.world();
    eventually("a subscription", async || (!world().subscriptions.is_empty()).then_some(())).await;
    house.until(&rep, State::Healthy).await;
    house.clock.advance_secs(50 * 60);
    rep
}

#[tokio::test]
async fn while_no_fresh_token_can_be_had_the_one_before_goes_on() {
    for (is_own, is_busy) in [(false, false), (false, true), (true, false), (true, true)] {
        on_each_database(async |database| {
            let house = House::notified(database).await;
            let worker = house.work();
            let rep = near_its_end(&house, is_own).await;
            {
                let mut world = house.microsoft.world();
                let fault = ("temporarily_unavailable", 90033);
                world.sign_in_fault = (!is_busy).then_some(fault);
                world.sign_in_pause = is_busy.then_some(1);
            }
            let before = asked(&house);
            house.microsoft.lifecycle(REP, "reauthorizationRequired").await;
            house.microsoft.deliver(REP, 1).await;
            house.until_read(&rep, 1).await;
            house.until(&rep, State::Healthy).await;
            house.microsoft.deliver(REP, 2).await;
            house.until_read(&rep, 2).await;
            assert_eq!(asked(&house), before + 1, "not for every look");
            assert_eq!(renewals(&house), 0, "not with a token that ends");

            // It is asked for again, by and by.
            {
                let mut world = house.microsoft.world();
                (world.sign_in_fault, world.sign_in_pause) = (None, None);
            }
            if is_busy {
                sleep(Duration::from_millis(1_100)).await;
            }
            house.clock.advance_secs(PAUSE);
            house.microsoft.deliver(REP, 3).await;
            house.until_read(&rep, 3).await;
            eventually("a renewal", async || (renewals(&house) >= 1).then_some(())).await;
            // The token before has ended by now, and Graph tells of what comes.
            house.clock.advance_secs(20 * 60);
            house.microsoft.deliver(REP, 4).await;
            house.until_read(&rep, 4).await;
            // What came while it was renewed may have been Microsoft asking for that once more.
            let asked = asked(&house) - before;
            assert!((2..=3).contains(&asked), "own: {is_own}, busy: {is_busy}: {asked}");
            house.until(&rep, State::Healthy).await;
            worker.stop().await;
        })
        .await;
    }
}

#[tokio::test]
async fn once_the_token_has_ended_it_is_said_that_there_is_no_other() {
    on_each_database(async |database| {
        let house = House::notified(database).await;
        let worker = house.work();
        let rep = near_its_end(&house, false).await;
        house.microsoft.world().sign_in_fault = Some(("temporarily_unavailable", 90033));
        house.microsoft.lifecycle(REP, "reauthorizationRequired").await;
        house.microsoft.deliver(REP, 1).await;
        house.until_read(&rep, 1).await;
        house.clock.advance_secs(10 * 60);
        house.microsoft.deliver(REP, 2).await;
        house.until(&rep, State::Unreachable).await;
        house.microsoft.world().sign_in_fault = None;
        house.until_read(&rep, 2).await;
        house.until(&rep, State::Healthy).await;
        worker.stop().await;
    })
    .await;
}

#[tokio::test]
async fn a_refusal_of_a_fresh_token_is_told_at_once() {
    for (is_own, refusal) in
        [(false, ("invalid_client", 7_000_222)), (true, ("invalid_grant", 50173))]
    {
        on_each_database(async |database| {
            let house = House::notified(database).await;
            let worker = house.work();
            let rep = near_its_end(&house, is_own).await;
            house.microsoft.world().sign_in_fault = Some(refusal);
            house.microsoft.lifecycle(REP, "reauthorizationRequired").await;
            let ill = house.until(&rep, State::NeedsConsent).await;
            let code = format!("(AADSTS{})", refusal.1);
            assert!(ill.state_detail.contains(&code), "{}", ill.state_detail);
            worker.stop().await;
        })
        .await;
    }
}
