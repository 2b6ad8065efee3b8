//! Approvals: whose votes count, and whether different people can take all places.

use std::collections::{BTreeMap, BTreeSet};

use hxp_policy::{Environment, Policy, Value};
use indexmap::IndexMap;
use jiff::{SignedDuration, Timestamp};
use smol_str::SmolStr;

use crate::decision::Verdict;
use crate::request::{Approval, Ballot, Request};

/// Statements that ask for people of more teams than this cannot be judged, and so never count as met.
const MOST_TEAMS: usize = 16;

/// The members of a team: as the policy lists them, otherwise as the request says they are.
pub(crate) fn members<'e>(policy: &'e Policy, request: &'e Request, team: &str) -> Option<&'e [SmolStr]> {
    let listed = policy.teams.get(team).and_then(|t| t.members.as_deref());
    listed.or_else(|| request.members.get(team).map(Vec::as_slice))
}

/// A team, as far as the policy says who belongs to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Team<'p> {
    name: &'p SmolStr,
    listed: Option<&'p [SmolStr]>,
}

impl<'p> Team<'p> {
    pub fn of(policy: &'p Policy, name: &'p SmolStr) -> Self {
        Self { name, listed: policy.teams.get(name).and_then(|t| t.members.as_deref()) }
    }

    /// Its members: as the policy lists them, otherwise as the request says they are.
    pub fn members<'e>(&self, request: &'e Request) -> Option<&'e [SmolStr]>
    where
        'p: 'e,
    {
        self.listed.or_else(|| request.members.get(self.name).map(Vec::as_slice))
    }
}

/// The votes on a release in an environment: of each person the latest.
#[derive(Debug)]
pub(crate) struct Electorate<'e> {
    policy: &'e Policy,
    request: &'e Request,
    pub(crate) votes: BTreeMap<&'e SmolStr, &'e Approval>,
    /// People who cannot approve: whoever asks, whoever published, every author. `None` while they are unknown.
    pub(crate) barred: Option<BTreeSet<&'e SmolStr>>,
    /// How long an approval counts.
    pub(crate) valid: Option<i64>,
}

/// How a team voted.
#[derive(Clone, Debug, PartialEq)]
pub enum Vote {
    /// These people reject.
    Rejected(Vec<SmolStr>),
    /// No seat binds.
    NotApplicable,
    /// Enough approve; until when.
    Approved(Option<Timestamp>),
    /// So many more are needed, for a reason if people are unknown.
    Lacking(usize, Unknown),
}

/// What is unknown about the people of a vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// Nothing.
    Nothing,
    /// The members of the team.
    Members,
    /// Who cannot approve because they had a hand in it.
    Authors,
}

impl Vote {
    /// Met, waiting or failed.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Rejected(_) => Verdict::Failed,
            Self::NotApplicable | Self::Approved(_) => Verdict::Met,
            Self::Lacking(..) => Verdict::Waiting,
        }
    }
}

impl<'e> Electorate<'e> {
    pub fn new(policy: &'e Policy, environment: &'e Environment, request: &'e Request) -> Self {
        let mut latest: BTreeMap<&SmolStr, (Timestamp, Ballot, &Approval)> = BTreeMap::new();
        for approval in &request.approvals {
            let (Some(person), Some(vote), Some(at)) = (&approval.person, approval.vote, approval.at) else { continue };
            let on_this = approval.environment.as_ref() == Some(&environment.name)
                && approval.commit.as_ref() == Some(&request.release.commit)
                && (approval.images.is_some() && approval.images == request.release.images
                    || vote != Ballot::Approve && approval.images.is_none());
            if !on_this || at > request.at {
                continue;
            }
            let newer = latest.get(person).is_none_or(|(other_at, other, _)| (*other_at, *other) <= (at, vote));
            if newer {
                latest.insert(person, (at, vote, approval));
            }
        }
        let barred = request.release.publisher.as_ref().zip(request.release.authors.as_ref());
        let barred = barred.map(|(publisher, authors)| {
            std::iter::once(&request.actor).chain(publisher).chain(authors).collect::<BTreeSet<_>>()
        });
        let valid = environment.properties.at("approvals.valid").and_then(Value::as_millis).map(|d| d.0);
        let votes = latest.into_iter().map(|(person, (.., approval))| (person, approval)).collect();
        Self { policy, request, votes, barred, valid }
    }

    fn rejecting(&self, members: Option<&[SmolStr]>) -> Vec<SmolStr> {
        let Some(members) = members else { return Vec::new() };
        let rejecting =
            self.votes.iter().filter(|(person, a)| a.vote == Some(Ballot::Reject) && members.contains(person));
        rejecting.map(|(person, _)| (*person).clone()).collect()
    }

    pub(crate) fn end(&self, approval: &Approval) -> Option<Timestamp> {
        approval.at?.checked_add(SignedDuration::from_millis(self.valid?)).ok()
    }

    /// Members of a team whose approval counts; `None` while it is unknown who the members or the authors are.
    fn eligible(&self, team: &str) -> Option<BTreeSet<&'e SmolStr>> {
        let members = members(self.policy, self.request, team)?;
        Some(self.counting(members, self.barred.as_ref()?).map(|(person, _)| person).collect())
    }

    /// Approvals by some people that count.
    fn counting<'s>(
        &'s self,
        members: &'s [SmolStr],
        barred: &'s BTreeSet<&SmolStr>,
    ) -> impl Iterator<Item = (&'e SmolStr, &'e Approval)> + 's {
        let fresh = |a: &Approval| self.valid.is_none() || self.end(a).is_some_and(|end| self.request.at <= end);
        let counts = self.votes.iter().filter(move |(person, a)| {
            a.vote == Some(Ballot::Approve)
                && members.contains(person)
                && !barred.contains(**person)
                && !person.ends_with("[bot]")
                && fresh(a)
        });
        counts.map(|(person, approval)| (*person, *approval))
    }

    /// How many more people of a team must approve, whatever other teams do.
    fn lacking_alone(&self, members: Option<&[SmolStr]>, count: u32) -> Option<usize> {
        let people = self.counting(members?, self.barred.as_ref()?).count();
        Some(usize::try_from(count).ok()?.saturating_sub(people))
    }

    /// How many people of a team are still lacking. Different people can take all places if and only if every group of
    /// teams has at least as many people as places (Hall's marriage theorem); a team lacks people if it belongs to a
    /// smallest group that has too few.
    fn lacking(&self, team: &SmolStr, among: &IndexMap<SmolStr, u32>) -> Option<usize> {
        let teams: Vec<(&SmolStr, usize, BTreeSet<&SmolStr>)> = among
            .iter()
            .map(|(team, count)| Some((team, usize::try_from(*count).ok()?, self.eligible(team)?)))
            .collect::<Option<_>>()?;
        if teams.len() > MOST_TEAMS {
            return None;
        }
        let mut short: Vec<(u32, usize)> = Vec::new();
        for crowd in 1..1_u32 << teams.len() {
            let inside = || teams.iter().enumerate().filter(|(i, _)| crowd & (1 << i) != 0).map(|(_, t)| t);
            let people: BTreeSet<&SmolStr> = inside().flat_map(|(.., people)| people.iter().copied()).collect();
            let places: usize = inside().map(|(_, count, _)| count).sum();
            if places > people.len() {
                short.push((crowd, places - people.len()));
            }
        }
        let of_team = teams.iter().position(|(name, ..)| *name == team).map_or(0, |i| 1_u32 << i);
        let smallest = |crowd: u32| !short.iter().any(|(other, _)| *other != crowd && other & crowd == *other);
        let missing = short.iter().filter(|(crowd, _)| crowd & of_team != 0 && smallest(*crowd)).map(|(_, n)| *n);
        Some(missing.max().unwrap_or(0))
    }
}

/// Seats of one statement.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// Whether the statement binds.
    pub applies: Option<bool>,
    /// How many people of which teams.
    pub among: Among,
}

/// How many people of which teams one statement wants.
#[derive(Debug)]
pub(crate) enum Among {
    /// So many of the team at hand.
    One(u32),
    /// So many of each team, all of them different people.
    Many(IndexMap<SmolStr, u32>),
}

/// How a team voted on seats.
pub(crate) fn vote<'a, 'e: 'a>(
    electorate: impl FnOnce() -> &'a Electorate<'e>,
    team: Team<'e>,
    seats: &[Wanted],
) -> Vote {
    if seats.iter().all(|seat| seat.applies == Some(false)) {
        return Vote::NotApplicable;
    }
    let electorate = electorate();
    let members = team.members(electorate.request);
    let rejecting = electorate.rejecting(members);
    if !rejecting.is_empty() && seats.iter().any(|seat| seat.applies == Some(true)) {
        return Vote::Rejected(rejecting);
    }
    let lacking = || {
        seats.iter().filter(|seat| seat.applies != Some(false)).map(|seat| match &seat.among {
            Among::One(count) => electorate.lacking_alone(members, *count),
            Among::Many(among) => electorate.lacking(team.name, among),
        })
    };
    if lacking().all(|n| n == Some(0)) {
        let (Some(_), Some(members), Some(barred)) = (electorate.valid, members, &electorate.barred) else {
            return Vote::Approved(None);
        };
        let approvals = electorate.counting(members, barred);
        return Vote::Approved(approvals.filter_map(|(_, approval)| electorate.end(approval)).min());
    }
    let needed = lacking().flatten().max().unwrap_or(0).max(1);
    let unknown = if members.is_none() {
        Unknown::Members
    } else if electorate.barred.is_none() {
        Unknown::Authors
    } else {
        Unknown::Nothing
    };
    Vote::Lacking(needed, unknown)
}
