//! Whether the values of hxpc and of jrsonnet are equal as YAML data: only then is their time worth comparing.

use std::path::Path;

use serde_json::Value;

use crate::tools::Tools;

/// Compares the values of a small and of a large workspace.
pub fn run() -> Result<(), String> {
    let tools = Tools::new()?;
    compare(&tools, 10, 0)?;
    compare(&tools, 100, crate::measure::MANY_PARTS)
}

/// Compiles with both and compares every values file.
pub fn compare(tools: &Tools, services: usize, parts: usize) -> Result<(), String> {
    let dir = tools.workspace(services, parts)?;
    let out = |program: &str| tools.out(&format!("{program}-{services}-{parts}"));
    let (ours, theirs) = (out("hxpc"), out("jrsonnet"));
    tools.compile(&dir, &ours)?;
    tools.manifest(&dir, &theirs)?;
    let names = names(&theirs)?;
    if names != names_of_values(&ours.join("helm"))? {
        return Err(format!("hxpc and jrsonnet make different files of {services} services"));
    }
    for name in &names {
        let (one, other) = (read(&ours.join("helm").join(name))?, read(&theirs.join(name))?);
        if one != other {
            return Err(format!("{name}: hxpc and jrsonnet differ\n{one:#}\n{other:#}"));
        }
    }
    println!("The values of {services} services × 3 environments are equal as YAML data: {} files.", names.len());
    Ok(())
}

fn names(dir: &Path) -> Result<Vec<String>, String> {
    let entries = std::fs::read_dir(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    let mut names: Vec<String> = entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    Ok(names)
}

fn names_of_values(dir: &Path) -> Result<Vec<String>, String> {
    Ok(names(dir)?.into_iter().filter(|name| name.ends_with(".yaml")).collect())
}

fn read(path: &Path) -> Result<Value, String> {
    let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
    serde_saphyr::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))
}
