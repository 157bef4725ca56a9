//! What a provider's servers do not bear is not done there, however the operator has it elsewhere.

use super::rounds::{Story, three};
use std::mem::take;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::{Instant, advance, pause, resume, sleep};

const HOUR: Duration = Duration::from_hours(1);

/// How long a server that is asked nothing has been asked everything.
const QUIET: Duration = Duration::from_millis(800);

/// How long a worker that is to ask something may take.
const LONG: Duration = Duration::from_secs(20);

/// What the server of this name is asked at first, and after each of these times (in seconds), by a worker
/// that would idle and wait for an hour.
async fn asked(host: &str, after: [u64; 2]) -> [Vec<String>; 3] {
    let mut story = Story::at(host, 993).await;
    (story.watch.limits.poll, story.watch.limits.idle) = (HOUR, HOUR);
    let asked = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&asked);
    let note = move |command: &str| {
        noted.lock().unwrap().push(command.to_owned());
        None
    };
    let three = three();
    let mut served = pin!(story.connection_for(HOUR * 24, &three, note));
    let mut until_quiet = async |patience: Duration| {
        let (began, mut before) = (Instant::now(), 0);
        loop {
            tokio::select! {
                end = &mut served => panic!("{end:?}"),
                () = sleep(QUIET) => {}
            }
            let now = asked.lock().unwrap().len();
            if now == before && (now > 0 || began.elapsed() > patience) {
                return take(&mut *asked.lock().unwrap());
            }
            before = now;
        }
    };
    let first = until_quiet(LONG).await;
    pass(after[0]).await;
    let early = until_quiet(QUIET).await;
    pass(after[1]).await;
    [first, early, until_quiet(LONG).await]
}

async fn pass(seconds: u64) {
    pause();
    advance(Duration::from_secs(seconds)).await;
    resume();
}

fn is_idle(commands: &[String]) -> bool {
    commands.last().is_some_and(|command| command == "IDLE")
}

#[tokio::test]
async fn a_server_that_cannot_idle_is_looked_at_as_often_as_it_bears() {
    let [first, early, then] = asked("imap.163.com", [50, 10]).await;
    assert!(first.iter().any(|command| command.contains("SEARCH")), "{first:?}");
    assert_eq!(early, [""; 0]);
    assert!(then.iter().any(|command| command.contains("SEARCH")), "{then:?}");
    let all = [first, then].concat();
    assert!(!all.iter().any(|command| command == "IDLE"), "{all:?}");
}

#[tokio::test]
async fn a_server_that_forgets_who_idles_is_asked_in_time() {
    let [first, early, then] = asked("imap.mail.yahoo.com", [170, 20]).await;
    assert!(is_idle(&first), "{first:?}");
    assert_eq!(early, [""; 0]);
    assert!(then[0] == "DONE" && is_idle(&then), "{then:?}");
}

#[tokio::test]
async fn other_servers_are_left_alone_as_long_as_the_operator_says() {
    let [first, early, then] = asked("mail.example.test", [3500, 200]).await;
    assert!(is_idle(&first), "{first:?}");
    assert_eq!(early, [""; 0]);
    assert!(then[0] == "DONE" && is_idle(&then), "{then:?}");
}
