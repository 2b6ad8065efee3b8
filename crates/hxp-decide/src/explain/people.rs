//! Approvals: who voted, and whose vote does not count, and why.

use hxp_policy::{Check, Requirement};
use smol_str::SmolStr;

use super::{Explanation, Standing, Teller, lacks, people};
use crate::approvals::{Electorate, Vote, members};
use crate::decision::Verdict;
use crate::request::{Approval, Ballot};

impl Teller<'_> {
    pub(super) fn people(&self, requirement: &Requirement, team: &SmolStr, vote: &Vote) -> Vec<Explanation> {
        let mut children = Vec::new();
        if let Check::Approve { seats, .. } = &requirement.check
            && (seats.len() > 1 || seats.iter().any(|s| s.when.is_some() || s.distinct.is_some()))
        {
            children.extend(self.some_of(seats.iter().collect(), |seat| {
                let people = if seat.distinct.is_some() { ", each place another person" } else { "" };
                let node = Explanation::new(format!("{} of {team}{people}", seat.count), Standing::Value);
                let node = node.source(self.place(seat.origin));
                match &seat.when {
                    None => node.value("asked for"),
                    Some(when) => {
                        let applies = self.expr(when, &self.facts, None, 0);
                        let text = format!("{} of {team} when {}", seat.count, applies.text);
                        Explanation { text, source: Some(self.place(seat.origin)), ..applies }
                    }
                }
            }));
        }
        if *vote == Vote::NotApplicable {
            return children;
        }
        let request = self.judgement.request;
        let electorate = Electorate::new(self.facts.policy, self.judgement.environment, request);
        let listed = members(self.facts.policy, request, team);
        children.push(match listed {
            Some(listed) => Explanation::new(format!("members of {team}"), Standing::Value).value(people(listed)),
            None => Explanation::new(format!("members of {team}"), Standing::Unknown)
                .value(lacks(&format!("members.{team}"))),
        });
        if electorate.barred.is_none() {
            let missing = match (&request.release.publisher, &request.release.authors) {
                (None, None) => "release.publisher and release.authors",
                (None, _) => "release.publisher",
                _ => "release.authors",
            };
            let node = Explanation::new("who had a hand in the release, and so cannot approve it", Standing::Unknown);
            children.push(node.value(lacks(missing)));
        }
        // Where enough approve, the others do not matter.
        let enough = vote.verdict() == Verdict::Met;
        let votes: Vec<(&Approval, Standing, String)> = request
            .approvals
            .iter()
            .map(|a| {
                let (standing, why) = self.ballot(&electorate, team, listed, a);
                (a, standing, why)
            })
            .filter(|(_, standing, _)| !enough || *standing == Standing::True)
            .collect();
        if votes.is_empty() {
            children.push(Explanation::new("there is no vote in the request", Standing::Value));
        }
        children.extend(self.some_of(votes, |(approval, standing, why)| {
            let who = approval.person.as_deref().unwrap_or("someone");
            let what = match approval.vote {
                Some(Ballot::Approve) => "approves",
                Some(Ballot::Reject) => "rejects",
                Some(Ballot::Withdraw) => "withdraws",
                None => "votes",
            };
            let when = approval.at.map(|at| format!(" at {}", self.clock.written(at))).unwrap_or_default();
            Explanation::new(format!("{who} {what}{when}"), standing).value(why)
        }));
        children
    }

    /// Whether a vote counts for a team, and why not.
    fn ballot(
        &self,
        electorate: &Electorate<'_>,
        team: &str,
        listed: Option<&[SmolStr]>,
        approval: &Approval,
    ) -> (Standing, String) {
        let request = self.judgement.request;
        let release = &request.release;
        let no = |why: String| (Standing::False, format!("does not count: {why}"));
        let Some(person) = &approval.person else { return no("it says not whose it is".to_owned()) };
        let Some(vote) = approval.vote else { return no("it says not which it is".to_owned()) };
        let Some(at) = approval.at else { return no("it is undated".to_owned()) };
        let environment = &self.judgement.environment.name;
        if approval.environment.as_ref() != Some(environment) {
            return no(match &approval.environment {
                Some(other) => format!("it is for {other}, not {environment}"),
                None => "it names no environment".to_owned(),
            });
        }
        if approval.commit.as_ref() != Some(&release.commit) {
            return no(match &approval.commit {
                Some(other) => format!("it is on the commit {other}, not {}", release.commit),
                None => "it names no commit".to_owned(),
            });
        }
        let lenient = vote != Ballot::Approve && approval.images.is_none();
        if !lenient && (approval.images.is_none() || approval.images != release.images) {
            return no(match (&approval.images, &release.images) {
                (None, _) => "it names no images".to_owned(),
                (_, None) => lacks("release.images"),
                _ => "it is on other images".to_owned(),
            });
        }
        if at > request.at {
            return no(format!("it is dated after {}", self.clock.written(request.at)));
        }
        match listed {
            Some(listed) if !listed.contains(person) => return no(format!("{person} is no member of {team}")),
            Some(_) => {}
            None => return (Standing::Unknown, format!("whether {person} is a member of {team} is unknown")),
        }
        if !electorate.votes.get(person).is_some_and(|latest| std::ptr::eq(*latest, approval)) {
            return no(format!("{person} voted again"));
        }
        match vote {
            Ballot::Reject => return (Standing::True, "stands until it is withdrawn".to_owned()),
            Ballot::Withdraw => return no("it takes an earlier vote back".to_owned()),
            Ballot::Approve => {}
        }
        if let Some(hand) = self.had_a_hand(person) {
            return no(format!("{person} {hand}"));
        }
        if electorate.barred.is_none() {
            return (Standing::Unknown, format!("whether {person} had a hand in the release is unknown"));
        }
        if person.ends_with("[bot]") {
            return no(format!("{person} is a machine"));
        }
        if electorate.valid.is_some() && electorate.end(approval).is_none_or(|end| request.at > end) {
            let end = electorate.end(approval).map(|end| format!(", it was valid until {}", self.clock.written(end)));
            return no(format!("it is too old{}", end.unwrap_or_default()));
        }
        (Standing::True, "counts".to_owned())
    }

    fn had_a_hand(&self, person: &SmolStr) -> Option<&'static str> {
        let request = self.judgement.request;
        let release = &request.release;
        if request.actor == *person {
            Some("asks for the release")
        } else if release.publisher.as_ref().is_some_and(|p| p.as_ref() == Some(person)) {
            Some("published the release")
        } else if release.authors.as_ref().is_some_and(|authors| authors.contains(person)) {
            Some("wrote part of the release")
        } else {
            None
        }
    }
}
