//! What each number means, so that `/metrics` explains itself.

use metrics::{
    Unit, describe_counter as counter, describe_gauge as gauge, describe_histogram as histogram,
};

/// Explains every number to the registry.
pub(super) fn describe() {
    gauge!("undersigned_info", "Always 1; the label says which version runs.");
    metrics::gauge!("undersigned_info", "version" => env!("CARGO_PKG_VERSION")).set(1);

    counter!(
        "undersigned_messages_total",
        "Messages dealt with, by outcome, and by reason if they were skipped or quarantined."
    );
    histogram!(
        "undersigned_message_seconds",
        Unit::Seconds,
        "How long it took from a message's bytes to its outcome."
    );
    counter!(
        "undersigned_suggestions_forgotten_total",
        "Suggestions whose values were deleted because nobody decided in time."
    );
    gauge!(
        "undersigned_mailboxes",
        "Connected mailboxes of each tenant, by state. Every replica tells the same: take the max."
    );
    gauge!(
        "undersigned_last_mail_timestamp_seconds",
        "When the last message was read in any watched mailbox of a tenant. Take the max of the replicas."
    );
    gauge!(
        "undersigned_oldest_last_mail_timestamp_seconds",
        "When the last message was read in the watched mailbox of a tenant where that is longest ago; where \
         none was, when it was connected. Take the max of the replicas."
    );
    gauge!(
        "undersigned_crm_connections",
        "1 for the state in which the connected CRM of a tenant is. Take the max of the replicas."
    );
    gauge!(
        "undersigned_graph_groups",
        "Followed groups of each tenant, by whether they could be looked at. Take the max of the replicas."
    );
    counter!("undersigned_imap_ends_total", "Connections to mailboxes that ended, by reason.");
    counter!("undersigned_graph_ends_total", "Looks at Graph mailboxes that failed, by reason.");
    counter!(
        "undersigned_graph_notifications_total",
        "Notifications of Microsoft Graph, by whether they were kept, of no subscription, or repeated."
    );
    gauge!(
        "undersigned_end_timestamp_seconds",
        "When the first secret, certificate or unused consent of a tenant ends. Take the max of the replicas."
    );
    counter!(
        "undersigned_graph_subscription_failures_total",
        "Subscriptions that Microsoft Graph did not make or renew, by reason."
    );
    counter!(
        "undersigned_follow_ups_total",
        "Tries to send a follow-up, by outcome: sent, or why not."
    );
    gauge!("undersigned_jobs", "Unfinished and dead jobs, by kind and state.");
    counter!("undersigned_jobs_total", "Jobs that ended, by kind and outcome.");
    histogram!("undersigned_job_seconds", Unit::Seconds, "How long a job ran.");
    counter!(
        "undersigned_rekeyed_total",
        "Records, contacts and suggestions that were given match keys of newer rules, by kind."
    );
    counter!("undersigned_http_requests_total", "Requests, by route, method and status.");
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    /// The literals in `text` that name a number.
    fn names(text: &str) -> BTreeSet<String> {
        let literals = text.split('"').filter(|literal| literal.starts_with("undersigned_"));
        literals.map(str::to_owned).collect()
    }

    fn counted(dir: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(dir).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                counted(&path, found);
            } else if !path.ends_with("ops/metrics/names.rs") {
                let text = fs::read_to_string(&path).unwrap_or_default();
                if text.contains("metrics::") {
                    found.append(&mut names(&text));
                }
            }
        }
    }

    #[test]
    fn every_number_that_is_counted_is_explained_and_no_other() {
        let (explained, _) = include_str!("names.rs").split_once("#[cfg(test)]").expect("tests");
        let mut counted_names = BTreeSet::from(["undersigned_info".to_owned()]);
        counted(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut counted_names);
        assert_eq!(names(explained), counted_names);
    }
}
