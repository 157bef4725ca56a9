//! Invitations to online meetings, as Teams, Zoom and their like write them below the author's
//! text: their dial-in numbers are nobody's.

use super::Line;

/// How long the rules are that such a block is set between.
const RULE_CHARS: usize = 20;
const BLOCK_LINES: usize = 40;

/// Takes out blocks between drawn rules that lead into a meeting.
pub(super) fn without_invitations(lines: Vec<Line>) -> Vec<Line> {
    let rules: Vec<usize> = (0..lines.len()).filter(|&at| is_rule(&lines[at])).collect();
    let mut drop = vec![false; lines.len()];
    for (place, &start) in rules.iter().enumerate() {
        let end = rules.get(place + 1).map_or(lines.len(), |&next| next + 1);
        let block = &lines[start..end];
        if block.len() <= BLOCK_LINES && block.iter().any(leads_into_meeting) {
            drop[start..end].fill(true);
        }
    }
    lines.into_iter().zip(drop).filter(|(_, drop)| !drop).map(|(line, _)| line).collect()
}

fn is_rule(line: &Line) -> bool {
    let text = line.text();
    let text = text.trim();
    text.len() >= RULE_CHARS && text.chars().all(|c| "_-─.~:".contains(c))
}

/// A link to join, or one that dials in with a code behind the number.
fn leads_into_meeting(line: &Line) -> bool {
    const JOIN: [&str; 8] = [
        "teams.microsoft.com/l/meetup",
        "teams.live.com/meet",
        "zoom.us/j/",
        "meet.google.com/",
        "webex.com/meet",
        "gotomeeting.com/join",
        "gotomeet.me/",
        "whereby.com/",
    ];
    let target = |link: &String| {
        link.starts_with("tel:") && link.contains(",,")
            || JOIN.iter().any(|join| link.contains(join))
    };
    line.cells.iter().flat_map(|cell| &cell.links).any(target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::text;

    #[test]
    fn an_invitation_goes_and_the_signature_above_stays() {
        let rule = "_".repeat(40);
        let mail = format!(
            "Anna\n+49 1\n{rule}\nJoin<https://teams.microsoft.com/l/meetup-join/1>\n+49 2\n{rule}\nend"
        );
        let lines: Vec<Line> =
            text::lay_out(&mail, None).into_iter().map(|laid| laid.line).collect();
        let kept = without_invitations(lines);
        assert_eq!(kept.iter().map(Line::text).collect::<Vec<_>>(), ["Anna", "+49 1", "end"]);
        let ruled = [Line::of(&rule), Line::of("Anna"), Line::of(&rule)].to_vec();
        assert_eq!(without_invitations(ruled.clone()), ruled);
    }
}
