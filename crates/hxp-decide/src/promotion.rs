//! Promotion: where a release has been, and for how long it was healthy there.

use jiff::Timestamp;
use smol_str::SmolStr;

use crate::decision::Verdict;
use crate::request::{Deployment, Ending, Identity, Request};

/// A longest stretch of time in which a release was live and healthy in an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stay {
    /// Its beginning.
    pub from: Timestamp,
    /// Its end, or the instant of the request.
    pub to: Timestamp,
    /// Whether it lasts.
    pub ongoing: bool,
    /// Whether it ended in failure: while the deployment is still live, or with one that failed or was rolled back.
    pub failed: bool,
}

impl Stay {
    /// Whether it lasted for so many milliseconds, exactly or more.
    pub fn lasted(&self, milliseconds: i64) -> bool {
        self.to.as_nanosecond() - self.from.as_nanosecond() >= i128::from(milliseconds) * 1_000_000
    }
}

/// A stay that did not end in failure and was long enough; otherwise one that may become it, or else failure.
pub(crate) fn verdict(stays: &[Stay], soak: i64) -> Verdict {
    if stays.iter().any(|s| !s.failed && s.lasted(soak)) {
        Verdict::Met
    } else if stays.is_empty() || stays.iter().any(|s| !s.failed || s.ongoing) {
        Verdict::Waiting
    } else {
        Verdict::Failed
    }
}

/// The stays of the request's release in an environment.
pub(crate) fn stays(request: &Request, environment: &SmolStr) -> Vec<Stay> {
    let Some(release) = &request.release.identity else { return Vec::new() };
    let fired = request.firing.iter().filter(|f| f.environment == *environment && f.since <= request.at);
    let fired = fired.map(|f| f.since).min();
    let here = request.deployments.iter().filter(|d| d.environment.as_ref() == Some(environment));
    let here = here.filter(|d| d.identity.as_ref() == Some(release));
    let mut parts: Vec<Stay> = here
        .flat_map(|d| d.healthy.iter().filter_map(move |(from, to)| stretch(d, (*from)?, (*to)?, fired, request.at)))
        .filter(|s| s.from <= s.to)
        .collect();
    parts.sort_by_key(|s| (s.from, s.to));
    // Where one stretch begins no later than another ends, they are one stay; it ends as the stretches at its end do.
    let mut stays: Vec<Stay> = Vec::new();
    let mut rest = parts.as_slice();
    while let Some(first) = rest.first() {
        let mut to = first.to;
        let mut count = 0;
        for part in rest {
            // A stretch without length holds nothing together, but may end where the stay does.
            if part.from > to {
                break;
            }
            to = to.max(part.to);
            count += 1;
        }
        let (joined, others) = rest.split_at_checked(count).unwrap_or((rest, &[]));
        for part in joined.iter().filter(|p| p.to == to) {
            let stay = Stay { from: first.from, ..part.clone() };
            if !stays.contains(&stay) {
                stays.push(stay);
            }
        }
        rest = others;
    }
    stays
}

/// A healthy stretch of a deployment up to the instant of the request; `None` while it is unknown how it ended.
fn stretch(
    deployment: &Deployment,
    from: Timestamp,
    to: Option<Timestamp>,
    fired: Option<Timestamp>,
    at: Timestamp,
) -> Option<Stay> {
    if from > at {
        return None;
    }
    if let Some(to) = to.filter(|to| *to <= at) {
        let failed = match (deployment.outcome?, deployment.to) {
            (Ending::Failed | Ending::RolledBack, _) => true,
            // Healthy no more while the deployment goes on.
            (_, to) => to?.is_none_or(|to| to > at),
        };
        return Some(Stay { from, to, ongoing: false, failed });
    }
    if let Some(since) = fired {
        return Some(Stay { from, to: since, ongoing: false, failed: true });
    }
    let failed = matches!(deployment.outcome?, Ending::Failed | Ending::RolledBack);
    Some(Stay { from, to: at, ongoing: !failed, failed })
}

/// The releases that were deployed and healthy in an environment, the latest last, each once.
pub(crate) fn healthy_releases<'r>(request: &'r Request, environment: &SmolStr) -> Vec<&'r Identity> {
    let mut latest: Vec<(Timestamp, &Identity)> = Vec::new();
    for deployment in &request.deployments {
        let healthy = deployment.outcome == Some(Ending::Healthy);
        let here = deployment.environment.as_ref() == Some(environment);
        let (Some(from), Some(identity)) = (deployment.from, &deployment.identity) else { continue };
        if !healthy || !here || from > request.at {
            continue;
        }
        match latest.iter_mut().find(|(_, other)| *other == identity.as_ref()) {
            Some((since, _)) => *since = from.max(*since),
            None => latest.push((from, identity)),
        }
    }
    latest.sort_by(|a, b| (a.0, &a.1.chart, &a.1.images).cmp(&(b.0, &b.1.chart, &b.1.images)));
    latest.into_iter().map(|(_, identity)| identity).collect()
}
