//! A small search: one choice for each of several things, so that as little as possible is left to wish for.

/// Most assignments that are tried.
const MOST: usize = 20_000;

/// The choice for each thing: the first one, unless another leaves less to wish for. `wishes` counts what is not satisfied
/// by an assignment.
pub fn search(choices: &[usize], wishes: &mut impl FnMut(&[usize]) -> usize) -> Vec<usize> {
    let mut best = vec![0; choices.len()];
    let mut left = wishes(&best);
    let mut tried = 0;
    loop {
        let before = left;
        singles(choices, &mut best, &mut left, &mut tried, wishes);
        if left > 0 {
            pairs(choices, &mut best, &mut left, &mut tried, wishes);
        }
        if left == 0 || left == before || tried >= MOST {
            return best;
        }
    }
}

fn singles(
    choices: &[usize],
    best: &mut Vec<usize>,
    left: &mut usize,
    tried: &mut usize,
    wishes: &mut impl FnMut(&[usize]) -> usize,
) {
    for (thing, count) in choices.iter().enumerate() {
        for choice in 0..*count {
            if *left == 0 || *tried >= MOST {
                return;
            }
            attempt(&[(thing, choice)], best, left, tried, wishes);
        }
    }
}

fn pairs(
    choices: &[usize],
    best: &mut Vec<usize>,
    left: &mut usize,
    tried: &mut usize,
    wishes: &mut impl FnMut(&[usize]) -> usize,
) {
    let wished = *left;
    for (first, of_first) in choices.iter().enumerate() {
        for (second, of_second) in choices.iter().enumerate().skip(first + 1) {
            for choice in 0..*of_first {
                for other in 0..*of_second {
                    if *left < wished || *tried >= MOST {
                        return;
                    }
                    attempt(&[(first, choice), (second, other)], best, left, tried, wishes);
                }
            }
        }
    }
}

/// Takes a choice that leaves less to wish for.
fn attempt(
    changes: &[(usize, usize)],
    best: &mut Vec<usize>,
    left: &mut usize,
    tried: &mut usize,
    wishes: &mut impl FnMut(&[usize]) -> usize,
) {
    let mut changed = best.clone();
    for (thing, choice) in changes {
        if let Some(spot) = changed.get_mut(*thing) {
            *spot = *choice;
        }
    }
    if changed == *best {
        return;
    }
    *tried += 1;
    let now = wishes(&changed);
    if now < *left {
        *best = changed;
        *left = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_after_another_and_two_at_a_time() {
        // The first and the second must be equal and not the first choice; the third must be the last.
        let mut wishes = |a: &[usize]| usize::from(a[0] == 0) + usize::from(a[0] != a[1]) + usize::from(a[2] != 3);
        assert_eq!(search(&[4, 4, 4], &mut wishes), [1, 1, 3]);
        assert_eq!(search(&[], &mut |_| 0), Vec::<usize>::new());
        assert_eq!(search(&[3], &mut |_| 7), [0], "what cannot be satisfied stays as it is");
    }
}
