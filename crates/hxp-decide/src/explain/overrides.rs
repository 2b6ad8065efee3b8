//! Overrides: what keeps the one that the request names from being in force.

use hxp_policy::Override;

use super::{Explanation, Standing, Teller, lacks, people};
use crate::engine::expiry;

impl Teller<'_> {
    /// The override that the request names, with each of its conditions.
    pub(super) fn named_override(&self) -> Option<Explanation> {
        let judgement = self.judgement;
        let name = judgement.request.invoked.clone().flatten()?;
        let in_force = judgement.in_force.iter().any(|o| o.name == name);
        let text = if in_force {
            format!("the override {name} is in force")
        } else {
            format!("the request names the override {name}, which is not in force")
        };
        let node = Explanation::new(text, in_force);
        let policy = self.facts.policy;
        let Some(o) = policy.overrides.get(&name) else {
            let names: Vec<&str> = policy.overrides.keys().map(smol_str::SmolStr::as_str).collect();
            let near = hxp_diagnostics::nearest(&name, names.iter().copied());
            let why = match (near, names.is_empty()) {
                (Some(near), _) => format!("the policy has no such override; did you mean `{near}`?"),
                (None, true) => "the policy has no overrides".to_owned(),
                (None, false) => {
                    format!("the policy has no such override; it has {}", hxp_diagnostics::list_names(&names))
                }
            };
            return Some(node.value(why));
        };
        Some(node.source(self.place(o.origin)).because(self.conditions(o)))
    }

    /// Each condition of an override.
    fn conditions(&self, o: &Override) -> Vec<Explanation> {
        let (request, here) = (self.judgement.request, &self.judgement.environment.name);
        let mut conditions = Vec::new();
        if !o.environments.is_empty() {
            let covered = o.environments.contains(here);
            conditions.push(Explanation::new(format!("it is for {}", people(&o.environments)), covered));
        }
        conditions.push(match expiry(o, request) {
            Some(end) => {
                let text = format!("it lasts until {}", self.clock.written(end));
                let node = Explanation::new(text, request.at < end);
                node.value(if request.at < end { "in time" } else { "it has expired" })
            }
            None => {
                let node =
                    Explanation::new("it lasts until some time after the incident was declared", Standing::Unknown);
                node.value(match request.incident.declared_at {
                    Some(None) => "no incident is declared".to_owned(),
                    _ => lacks("incident.declared_at"),
                })
            }
        });
        if let Some(when) = &o.when {
            let open = Explanation::new("an incident is open", request.incident.open);
            conditions.push(match request.incident.open {
                None => open.value(lacks("incident.state")),
                _ => open,
            });
            let covers = request.incident.environments.as_ref().map(|all| all.contains(here));
            let node = Explanation::new(format!("the incident covers {here}"), covers);
            conditions.push(match &request.incident.environments {
                None => node.value(lacks("incident.environments")),
                Some(all) if all.is_empty() => node.value("it covers no environment"),
                Some(all) => node.value(format!("it covers {}", people(all))),
            });
            conditions.push(self.expr(when, &self.facts, None, 0));
        }
        conditions
    }
}
