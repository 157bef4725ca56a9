//! A server that answers a search with nothing at all.

use super::rounds::{SIZES, Story, is_malformed, messages, once, three};
use super::server::Fault;

#[tokio::test]
async fn a_search_without_an_answer_finds_nothing_and_moves_nothing() {
    let mut story = Story::of_new_mail().await;
    let silent = Fault::Say("TAG OK nothing\r\n");
    assert!(story.connection(&three(), once("SINCE", silent)).await.is_none());
    // The next look, on the same connection, has found everything.
    assert_eq!(story.read(), messages(&[3, 5, 9]));

    // Nor does it end the older mail.
    let mut story = Story::new().await;
    let fault = |asked: &str| asked.contains("SINCE").then_some(Fault::Say("TAG OK nothing\r\n"));
    assert!(story.connection(&three(), fault).await.is_none());
    assert_eq!((story.read(), story.done().await), (Vec::new(), 0));
    story.until_idle(&three()).await;
    assert_eq!((story.read(), story.done().await), (messages(&[3, 5, 9]), 9));

    // That a message is gone is only believed when it is said.
    let mut story = Story::new().await;
    let fault = |asked: &str| match asked {
        asked if asked.contains("SINCE") => None,
        asked if asked.contains("SEARCH") || asked.contains(SIZES) => {
            Some(Fault::Say("TAG OK nothing\r\n"))
        }
        _ => None,
    };
    let end = story.connection(&three(), fault).await;
    assert!(end.as_ref().is_some_and(is_malformed), "{end:?}");
    assert_eq!(story.done().await, 0);
}
