//! A simulation for programs.

use jiff::tz::TimeZone;
use serde_json::{Value as Json, json};

use super::{Change, Simulation, Standing, calendar};

impl Simulation {
    /// The whole simulation; its form is described in the book.
    pub fn to_json(&self) -> Json {
        let zone = calendar::zone(self);
        let stretches = self.stretches.iter().map(|s| {
            json!({
                "from": calendar::written(s.from, &zone),
                "to": calendar::written(s.to, &zone),
                "outcome": s.outcome.word(),
                "why": s.why.iter().map(standing).collect::<Vec<_>>(),
                "changed": s.changed.iter().map(change).collect::<Vec<_>>(),
            })
        });
        json!({
            "hxp": 1,
            "policy": self.policy,
            "environment": self.environment,
            "action": self.action,
            "request": if self.given { "given" } else { "satisfied" },
            "zone": self.zone,
            "from": calendar::written(self.from, &zone),
            "to": calendar::written(self.to, &zone),
            "stretches": stretches.collect::<Vec<_>>(),
            "moments": self.moments.iter().map(|m| moment(m, &zone)).collect::<Vec<_>>(),
        })
    }
}

fn moment(moment: &super::Moment, zone: &TimeZone) -> Json {
    json!({
        "at": calendar::written(moment.at, zone),
        "outcome": moment.outcome.word(),
        "flips": moment.flips,
        "changes": moment.changes.iter().map(change).collect::<Vec<_>>(),
    })
}

fn standing(standing: &Standing) -> Json {
    json!({ "id": standing.id, "verdict": standing.verdict, "text": standing.text })
}

fn change(change: &Change) -> Json {
    json!({ "id": change.id, "before": change.before, "after": change.after, "text": change.text })
}
