//! Windows: that they open, alone and together, that their closures lie ahead, that evidence and deployments fit them.

use hxp_diagnostics::{Diagnostic, codes};
use hxp_policy::time::{Interval, Windows, zone};
use hxp_policy::{
    Calendar, Check, Environment, Method, Millis, Policy, Proof, Requirement, Slot, Subject, TimeSet, Window,
};
use jiff::Timestamp;
use jiff::civil::Date;

use super::{Context, Found, all_of, binding, horizon, names, stretch, windows_of};

pub(super) fn check(policy: &Policy, context: &Context<'_>, found: &mut Found) {
    for window in policy.windows.values().filter(|w| !context.is_library(w.origin)) {
        never_opens(policy, context, window, found);
        closures_in_the_past(context, window, found);
        fixed_offset(window, found);
    }
    super::each_environment(policy, found, |environment, found| {
        never_open_together(policy, context, environment, found);
        deploy_outlives(policy, context, environment, found);
        stale_before(policy, context, environment, found);
    });
}

/// Whether a set is open at some time of its horizon; an error elsewhere in the window counts as opening, as the error
/// is reported where it is.
fn opens(policy: &Policy, set: &TimeSet, within: Interval) -> bool {
    let open = Windows::new(&policy.windows).intervals(set, within.start, within.end);
    open.map_or(true, |open| !open.is_empty())
}

fn never_opens(policy: &Policy, context: &Context<'_>, window: &Window, found: &mut Found) {
    let set = TimeSet::Window(window.name.clone());
    let within = horizon(policy, context, &set);
    if opens(policy, &set, within) {
        return;
    }
    let message = match context.today {
        Some(today) => format!("window `{}` does not open once in the 400 days from {today}", window.name),
        None => format!("window `{}` never opens", window.name),
    };
    let mut diagnostic = Diagnostic::new(codes::WINDOW_NEVER_OPENS, window.origin.span, message);
    if let TimeSet::Calendar(calendar) = &window.set {
        for slot in &calendar.open {
            diagnostic = diagnostic.related(slot.origin.span, "this would open it");
        }
        for slot in &calendar.closed {
            diagnostic = diagnostic.related(slot.origin.span, "this keeps it closed, and what is closed wins");
        }
        diagnostic = diagnostic.help("leave a time that is open and not closed, or remove the window where it is used");
    } else {
        diagnostic = diagnostic.help("`and` asks for both at once; if either will do, join them with `or`");
    }
    found.push(diagnostic);
}

fn never_open_together(policy: &Policy, context: &Context<'_>, environment: &Environment, found: &mut Found) {
    let windows = windows_of(policy, context, environment);
    let alone = |name: &str| {
        let set = TimeSet::Window(name.into());
        opens(policy, &set, horizon(policy, context, &set))
    };
    if windows.len() < 2 || !windows.iter().all(|(name, _)| alone(name)) {
        return;
    }
    let set = all_of(&windows);
    if opens(policy, &set, horizon(policy, context, &set)) {
        return;
    }
    let Some((_, last)) = windows.last() else { return };
    let all = names(windows.iter().map(|(n, _)| *n));
    let message = format!("{all} are never open at once, so nothing can be deployed to `{}`", environment.name);
    let mut diagnostic =
        Diagnostic::new(codes::WINDOW_NEVER_OPENS, last.origin.span, message).label("never open while the others are");
    for (name, requirement) in windows.iter().rev().skip(1) {
        diagnostic = diagnostic.related(requirement.origin.span, format!("`{name}` must be open as well"));
    }
    for (name, _) in &windows {
        if let Some(window) = policy.windows.get(*name) {
            diagnostic = diagnostic.related(window.origin.span, format!("`{name}` is declared here"));
        }
    }
    let either = windows.iter().map(|(n, _)| *n).collect::<Vec<_>>().join(" or ");
    found.push(
        diagnostic
            .help("every `within` of an environment must be open, those it inherits included")
            .help(format!("if one of them is enough, declare `window either = {either}` and write `within either`")),
    );
}

fn closures_in_the_past(context: &Context<'_>, window: &Window, found: &mut Found) {
    let Some(today) = context.today else { return };
    let mut todo = vec![&window.set];
    while let Some(set) = todo.pop() {
        match set {
            TimeSet::Calendar(calendar) => {
                for slot in &calendar.closed {
                    found.extend(closure_in_the_past(context, today, window, slot));
                }
            }
            TimeSet::Window(_) => {}
            TimeSet::And(sets) | TimeSet::Or(sets) => todo.extend(sets),
            TimeSet::Not(set) => todo.push(set),
        }
    }
}

fn closure_in_the_past(context: &Context<'_>, today: Date, window: &Window, slot: &Slot) -> Option<Diagnostic> {
    let last = slot.dates.iter().map(|(_, to)| *to).max()?;
    // A closure past midnight reaches into the day behind, and the day of the zone may end later than ours.
    if last.checked_add(jiff::Span::new().days(2)).ok()? > today {
        return None;
    }
    let why = slot.because.as_ref().map(|b| format!(" ({b})")).unwrap_or_default();
    let message = format!("this closure of `{}`{why} ended on {last}", window.name);
    let found = Diagnostic::new(codes::CLOSURE_IN_THE_PAST, slot.origin.span, message)
        .label(format!("over since {last}"))
        .help("remove it; if it comes again, write the next dates");
    Some(context.mend(found, "remove the closure", true, |m| m.remove_stated(slot.origin.span)))
}

fn fixed_offset(window: &Window, found: &mut Found) {
    let TimeSet::Calendar(calendar) = &window.set else { return };
    let Some((place, meaning)) = wandering(calendar) else { return };
    let message = format!("`{}` is {meaning} all year, whatever the clocks of the place do", calendar.zone);
    found.push(
        Diagnostic::new(codes::UNPINNED_ZONE, window.origin.span, message)
            .label("an hour off while daylight saving time is in force")
            .help(format!("name the place whose wall clock is meant, such as `{place}`")),
    );
}

/// A place that people who write this fixed offset may mean, and what they wrote.
fn wandering(calendar: &Calendar) -> Option<(&'static str, String)> {
    let place = match calendar.zone.as_str() {
        "EST" | "Etc/GMT+5" => "America/New_York",
        "Etc/GMT+6" => "America/Chicago",
        "MST" | "Etc/GMT+7" => "America/Denver",
        "Etc/GMT+8" => "America/Los_Angeles",
        "Etc/GMT-1" => "Europe/Berlin",
        "Etc/GMT-2" => "Europe/Helsinki",
        "Etc/GMT-10" => "Australia/Sydney",
        "Etc/GMT-12" => "Pacific/Auckland",
        other if other.starts_with("Etc/GMT+") || other.starts_with("Etc/GMT-") => "Europe/Berlin",
        _ => return None,
    };
    let hours = zone(&calendar.zone)?.to_offset(Timestamp::UNIX_EPOCH).seconds() / 3600;
    Some((place, format!("UTC{hours:+}")))
}

fn deploy_outlives(policy: &Policy, context: &Context<'_>, environment: &Environment, found: &mut Found) {
    let windows = windows_of(policy, context, environment);
    if windows.is_empty() {
        return;
    }
    let set = all_of(&windows);
    let within = horizon(policy, context, &set);
    let shortest = Windows::new(&policy.windows).shortest_slot(&set, within.start, within.end);
    let Ok(Some(slot)) = shortest else { return };
    for deploy in &environment.deploys {
        let Method::Helm(helm) = &deploy.method else { continue };
        let (timeout, said) = match helm.timeout {
            Some(timeout) => (timeout, ""),
            None => (super::recovery::HELM_DEFAULT, ", Helm's own limit,"),
        };
        if timeout <= slot.length() {
            continue;
        }
        let all = names(windows.iter().map(|(n, _)| *n));
        let message = format!(
            "a deployment to `{}` may take {timeout}{said} but the shortest slot of {all} lasts {}",
            environment.name,
            stretch(slot.length())
        );
        let mut diagnostic = Diagnostic::new(codes::DEPLOY_OUTLIVES_WINDOW, deploy.origin.span, message)
            .label(format!("may still run {} after the closing", stretch(Millis(timeout.0 - slot.length().0))));
        for (name, requirement) in &windows {
            diagnostic = diagnostic.related(requirement.origin.span, format!("only the start is held to `{name}`"));
        }
        found.push(
            diagnostic
                .help(format!("lengthen the slot to {timeout} at least, or shorten the timeout"))
                .help(format!("the slot in question begins {}", in_zone(policy, &set, slot.start))),
        );
    }
}

/// An instant on the wall clock of the first zone that a set mentions.
fn in_zone(policy: &Policy, set: &TimeSet, at: Timestamp) -> String {
    let windows = Windows::new(&policy.windows);
    let zone = windows.calendars(set).first().and_then(|(_, c)| zone(&c.zone)).unwrap_or(jiff::tz::TimeZone::UTC);
    at.to_zoned(zone).strftime("%A %-d %B %Y %H:%M %Z").to_string()
}

fn stale_before(policy: &Policy, context: &Context<'_>, environment: &Environment, found: &mut Found) {
    let windows = windows_of(policy, context, environment);
    if windows.is_empty() {
        return;
    }
    let set = all_of(&windows);
    let within = horizon(policy, context, &set);
    // What lies before the first opening and behind the last one is no stretch between two.
    let Ok(open) = Windows::new(&policy.windows).intervals(&set, within.start, within.end) else { return };
    let closed = open.windows(2).filter_map(|pair| match pair {
        [a, b] => Some(Interval { start: a.end, end: b.start }),
        _ => None,
    });
    let closed: Vec<Interval> = closed.collect();
    let Some(longest) = closed.iter().map(|i| i.length()).max() else { return };
    // The hour of a clock change makes one week the longest; the first one that is as good is easier to picture.
    let Some(closed) = closed.into_iter().find(|i| i.length().0 + 3_600_000 >= longest.0) else { return };
    let stale = |r: &Requirement| match &r.check {
        Check::Gate(gate) => {
            let gate = policy.gates.get(&gate.gate)?;
            // A run about the commit is repeated by whoever asks again at the opening; what is signed, or seen of the
            // environment, is not.
            let repeated = matches!(gate.proof, Proof::Machine { .. } | Proof::Facts)
                && matches!(gate.subject, Subject::Commit | Subject::Release);
            gate.valid.filter(|valid| !repeated && *valid < closed.length()).map(|valid| (gate, valid))
        }
        _ => None,
    };
    let stale: Vec<_> =
        binding(policy, context, environment).into_iter().filter_map(|r| stale(r).map(|(g, v)| (r, g, v))).collect();
    let Some((first, gate, valid)) = stale.first() else { return };
    let all = names(windows.iter().map(|(n, _)| *n));
    let message = if stale.len() == 1 {
        format!(
            "evidence of `{}` counts for {valid}, but {all} stays closed for {}",
            gate.name,
            stretch(closed.length())
        )
    } else {
        let shown = names(stale.iter().take(4).map(|(_, g, _)| g.name.as_str()));
        let more = stale.len().checked_sub(4).filter(|n| *n > 0).map(|n| format!(", {n} more")).unwrap_or_default();
        format!("evidence of {shown}{more} grows stale while {all} stays closed for {}", stretch(closed.length()))
    };
    let mut diagnostic = Diagnostic::new(codes::STALE_BEFORE_WINDOW, first.origin.span, message).label(format!(
        "made before the closing, it is too old at the opening: {valid} of {}",
        stretch(closed.length())
    ));
    for (name, requirement) in &windows {
        diagnostic = diagnostic.related(
            requirement.origin.span,
            format!(
                "`{name}` closes {} and opens {}",
                in_zone(policy, &set, closed.start),
                in_zone(policy, &set, closed.end)
            ),
        );
    }
    for (_, gate, valid) in stale.iter().take(4) {
        diagnostic = diagnostic.related(gate.origin.span, format!("`{}` counts for {valid}", gate.name));
    }
    found.push(diagnostic.help(format!(
        "let it count for {} or more, or have it made again just before the opening",
        days(closed.length())
    )));
}

/// Rounded up to whole days, or hours when it is shorter.
fn days(time: Millis) -> String {
    let up = |size: i64| time.0.saturating_add(size - 1) / size;
    if time.0 > 86_400_000 { format!("{}d", up(86_400_000)) } else { format!("{}h", up(3_600_000)) }
}
