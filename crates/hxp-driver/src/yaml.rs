//! YAML as the readers of charts read it.

use serde_json::Value;

/// The data of a document. `yes`, `no`, `on` and `off` are truth values, as they are for Helm; `y` and `n` are words.
pub fn read(text: &str) -> Result<Value, serde_saphyr::Error> {
    let mut options = serde_saphyr::Options::default();
    options.legacy_octal_numbers = true;
    let loose: Value = serde_saphyr::from_str_with_options(text, options.clone())?;
    options.strict_booleans = true;
    let strict: Value = serde_saphyr::from_str_with_options(text, options)?;
    Ok(reconcile(loose, strict))
}

fn reconcile(loose: Value, strict: Value) -> Value {
    match (loose, strict) {
        (Value::Bool(_), Value::String(word)) if word.eq_ignore_ascii_case("y") || word.eq_ignore_ascii_case("n") => {
            Value::String(word)
        }
        (Value::Array(loose), Value::Array(strict)) => {
            loose.into_iter().zip(strict).map(|(l, s)| reconcile(l, s)).collect()
        }
        (Value::Object(loose), Value::Object(strict)) => {
            Value::Object(loose.into_iter().zip(strict).map(|((k, l), (_, s))| (k, reconcile(l, s))).collect())
        }
        (loose, _) => loose,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn as_helm_reads_it() {
        let text = "a: yes\nb: y\nc: 0123\nd: off\ne: 1.10\nf: ~\ng: 2024-01-01\nh: 500m\non: {n: N}\n";
        let expected = json!({
            "a": true, "b": "y", "c": 83, "d": false, "e": 1.1, "f": null, "g": "2024-01-01", "h": "500m",
            "on": {"n": "N"},
        });
        assert_eq!(read(text).unwrap(), expected);
    }
}
