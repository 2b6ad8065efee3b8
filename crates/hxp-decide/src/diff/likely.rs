//! How the satisfied baseline answers, so that examples differ from it no more than they must.

use std::cmp::Ordering;

use hxp_policy::{Expr, Value};

use super::atoms::{Aspect, Matter, Side, place};
use super::calendar::Moment;
use super::formula::Var;
use super::witness::Finder;
use crate::engine::Engine;
use crate::eval::{self, Facts};
use crate::request::{self, Request, State};

/// The baseline and how to ask it.
pub(super) struct Likely<'f, 'a, 'p> {
    finder: &'f Finder<'a, 'p>,
    engine: &'a Engine<'p>,
    request: Option<Request>,
}

impl<'f, 'a, 'p> Likely<'f, 'a, 'p> {
    pub fn new(finder: &'f Finder<'a, 'p>) -> Self {
        let base: &'a super::witness::Asked<'p> =
            if finder.new.environment.is_some() { finder.new } else { finder.old };
        let request = base.draft(finder.around).and_then(|d| Request::from_json(&d.request()).ok());
        Self { finder, engine: base.engine, request }
    }

    /// The baseline's answer, or the more ordinary one.
    pub fn answer(&self, var: Var) -> bool {
        let Some(question) = self.finder.encoder.questions.question(var) else { return false };
        let Some(matter) = self.finder.encoder.questions.matters.get(question.matter) else { return false };
        let known = match (matter, &self.request) {
            (Matter::Time, _) => match &question.aspect {
                Aspect::In(moment) => match self.finder.encoder.calendar.moments.get(*moment) {
                    Some(Moment::Since(at)) => Some(*at <= self.finder.around),
                    _ => None,
                },
                _ => None,
            },
            (Matter::Term { expr, of, scale }, Some(request)) => {
                self.term(request, expr, *of, &|value| match &question.aspect {
                    Aspect::AtLeast(bound) => place(scale, value, bound).map(Ordering::is_ge),
                    Aspect::Above(bound) => place(scale, value, bound).map(Ordering::is_gt),
                    Aspect::Is(other) => eval::equal(value, other),
                    Aspect::None => Some(*value == Value::None),
                    _ => Some(true),
                })
            }
            (Matter::Truth { expr, of: None, .. }, Some(request)) => {
                self.engine.facts(request).truth(expr, None).map(|b| b == (question.aspect == Aspect::Yes))
            }
            _ => None,
        };
        known.unwrap_or_else(|| ordinary(&question.aspect))
    }

    fn term(
        &self,
        request: &Request,
        expr: &Expr,
        of: Option<usize>,
        ask: &dyn Fn(&Value) -> Option<bool>,
    ) -> Option<bool> {
        let evidence = of.and_then(|of| match self.finder.encoder.questions.matters.get(of) {
            Some(Matter::Evidence(key)) => request.evidence.iter().find(|e| e.gate.as_ref() == Some(&key.gate)),
            _ => None,
        });
        let none = request::Evidence { state: Some(State::Passed), ..request::Evidence::default() };
        let facts = self.engine.facts(request);
        let facts = Facts { evidence: evidence.or(Some(&none)), ..facts };
        if let Expr::List(pair) = expr
            && let [a, b] = pair.as_slice()
        {
            let order = eval::order(facts.value(a, None)?.as_ref(), facts.value(b, None)?.as_ref())?;
            return ask(&Value::Int(order as i64));
        }
        ask(facts.value(expr, None)?.as_ref())
    }
}

/// Known, passed, approved, healthy; no label, no override, nobody who rejects.
fn ordinary(aspect: &Aspect) -> bool {
    match aspect {
        Aspect::Known
        | Aspect::No
        | Aspect::Passed
        | Aspect::Enough { .. }
        | Aspect::Electorate(_)
        | Aspect::Whole(_)
        | Aspect::Soaked(_)
        | Aspect::Recent(_)
        | Aspect::Before(_)
        | Aspect::In(_) => true,
        Aspect::None
        | Aspect::AtLeast(_)
        | Aspect::Above(_)
        | Aspect::Is(_)
        | Aspect::Yes
        | Aspect::File(_)
        | Aspect::Failed
        | Aspect::NoData
        | Aspect::Rejects(_)
        | Aspect::Spoilt => false,
    }
}

/// The side whose baseline is changed.
pub(super) fn side(finder: &Finder<'_, '_>) -> Side {
    if finder.new.environment.is_some() { Side::New } else { Side::Old }
}
