//! The schemas of Kubernetes, made into files that refer to each other: the package that carries them refers to a web site.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Place, digest, python, read, remove};
use crate::Problems;

/// The Kubernetes that manifests are held to.
pub const VERSION: &str = "1.34.0";

/// Makes `.tools/kubernetes/` from the Python package.
pub fn install(place: &Place, problems: &mut Problems) {
    match read(&place.locks.join("python/requirements.txt")) {
        Ok(lock) => {
            place.once("kubernetes", &format!("{VERSION} {lock}"), problems, |_| schemas(place, &digest(&lock)));
        }
        Err(e) => problems.push(e),
    }
}

fn schemas(place: &Place, lock: &str) -> Result<(), String> {
    let from =
        package(&python::environment(place, lock)).ok_or("the schemas are not where the package used to have them")?;
    let (new, there) = (place.tools.join(".kubernetes.new"), place.tools.join("kubernetes"));
    remove(&new)?;
    fs::create_dir_all(&new).map_err(|e| e.to_string())?;
    for entry in fs::read_dir(&from).map_err(|e| e.to_string())?.flatten() {
        let mut schema: Value = serde_json::from_str(&read(&entry.path())?).map_err(|e| e.to_string())?;
        standalone(&mut schema);
        fs::write(new.join(entry.file_name()), schema.to_string()).map_err(|e| e.to_string())?;
    }
    remove(&there)?;
    fs::rename(&new, &there).map_err(|e| e.to_string())
}

/// The strict schemas, which know no other fields than the documented ones.
fn package(environment: &Path) -> Option<PathBuf> {
    let pythons = fs::read_dir(environment.join("lib")).ok()?.flatten();
    pythons
        .map(|python| python.path().join("site-packages/kubernetes_validate/kubernetes-json-schema"))
        .map(|folder| folder.join(format!("v{VERSION}-local-strict")))
        .find(|folder| folder.is_dir())
}

/// References are relative to the file, and nothing is identified by a web address.
fn standalone(schema: &mut Value) {
    let Some(top) = schema.as_object_mut() else { return };
    top.remove("$id");
    top.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
    let mut waiting: Vec<&mut Value> = top.values_mut().collect();
    while let Some(value) = waiting.pop() {
        match value {
            Value::Array(items) => waiting.extend(items),
            Value::Object(fields) => {
                if let Some(Value::String(reference)) = fields.get_mut("$ref")
                    && let Some(rest) = reference.strip_prefix("/api/")
                {
                    *reference = rest.to_owned();
                }
                waiting.extend(fields.values_mut());
            }
            _ => {}
        }
    }
}
