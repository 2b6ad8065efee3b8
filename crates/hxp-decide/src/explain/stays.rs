//! Promotion: where and when the release was healthy, or which other releases were.

use hxp_policy::Millis;
use smol_str::SmolStr;

use super::{Explanation, Standing, Teller, lacks};
use crate::promotion::Stay;
use crate::request::{Deployment, Identity};

impl Teller<'_> {
    pub(super) fn stays(&self, environment: &SmolStr, soak: i64, stays: &[Stay]) -> Vec<Explanation> {
        if stays.is_empty() {
            return self.no_stay(environment);
        }
        let mut children = self.some_of(stays.iter().collect(), |stay| self.stay(stay, soak));
        children.extend(self.firing(environment));
        children
    }

    fn stay(&self, stay: &Stay, soak: i64) -> Explanation {
        let end = if stay.ongoing { "now".to_owned() } else { self.clock.written(stay.to).to_string() };
        let text = format!("healthy from {} to {end}", self.clock.written(stay.from));
        let length = lasting(stay);
        let wanted = Millis(soak);
        let (standing, value) = match (stay.failed, stay.lasted(soak)) {
            (true, _) => (Standing::False, format!("{length}, but it ended in failure")),
            (false, true) if soak == 0 => (Standing::True, length),
            (false, true) => (Standing::True, format!("{length}, of {wanted} at least")),
            (false, false) => (Standing::False, format!("{length}, shorter than {wanted}")),
        };
        Explanation::new(text, standing).value(value)
    }

    fn firing(&self, environment: &SmolStr) -> Vec<Explanation> {
        let request = self.judgement.request;
        let fires = request.firing.iter().filter(|f| f.environment == *environment && f.since <= request.at);
        self.some_of(fires.collect(), |fires| {
            let text = format!("a trigger of {environment} fires");
            Explanation::new(text, false).value(format!("since {}", self.clock.written(fires.since)))
        })
    }

    /// What is known of the other environment instead.
    fn no_stay(&self, environment: &SmolStr) -> Vec<Explanation> {
        let request = self.judgement.request;
        if request.release.identity.is_none() {
            return vec![self.unidentified()];
        }
        let here: Vec<&Deployment> =
            request.deployments.iter().filter(|d| d.environment.as_ref() == Some(environment)).collect();
        if here.is_empty() {
            let node = Explanation::new(format!("deployments in {environment}"), Standing::Unknown);
            return vec![node.value("there is none in the request")];
        }
        self.some_of(here, |deployment| {
            let id = deployment.id.as_deref().unwrap_or("without id");
            let text = format!("deployment {id} of {}", named(deployment.identity.as_deref()));
            let why = if deployment.identity.is_none() {
                "its images or its chart are not in the request".to_owned()
            } else if deployment.identity != request.release.identity {
                format!("another release than {}", named(request.release.identity.as_deref()))
            } else if deployment.healthy.is_empty() {
                "it was never healthy".to_owned()
            } else if deployment.outcome.is_none() {
                lacks("its outcome")
            } else {
                "no healthy stretch of it has begun, or how it ended is unknown".to_owned()
            };
            Explanation::new(text, false).value(why)
        })
    }
}

/// How long a stay lasted: two units, the smaller cut.
fn lasting(stay: &Stay) -> String {
    let seconds = stay.to.as_second() - stay.from.as_second();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds}s"),
        (0, 0, m) => format!("{m}m"),
        (0, h, 0) => format!("{h}h"),
        (0, h, m) => format!("{h}h{m}m"),
        (d, 0, _) => format!("{d}d"),
        (d, h, _) => format!("{d}d{h}h"),
    }
}

/// A release by the beginnings of its digests.
pub(super) fn named(identity: Option<&Identity>) -> String {
    let Some(identity) = identity else { return "an unknown release".to_owned() };
    let short = |digest: &str| {
        let hexadecimal = digest.rsplit(':').next().unwrap_or(digest);
        hexadecimal.chars().take(12).collect::<String>()
    };
    let mut parts: Vec<String> =
        identity.images.iter().take(3).map(|(name, digest)| format!("{name} {}", short(digest))).collect();
    if identity.images.len() > 3 {
        parts.push("…".to_owned());
    }
    parts.push(identity.chart.as_ref().map_or_else(|| "no chart".to_owned(), |d| format!("chart {}", short(d))));
    parts.join(", ")
}
