//! The images that an environment deploys, and where in the values of a chart their digests go.

use hxp_policy::{Environment, Image, Policy, Record, Service, Value};
use smol_str::SmolStr;

/// The images that an environment deploys: those of its service, if it has one, otherwise all.
pub fn of<'a>(policy: &'a Policy, environment: &Environment) -> Vec<&'a Image> {
    let service = environment.service.as_ref().and_then(|name| policy.services.get(name));
    policy.images.values().filter(|image| service.is_none_or(|s| runs(s, image))).collect()
}

/// What an image is called among the release's.
pub fn key(image: &Image) -> &str {
    image.properties.get("key").and_then(Value::as_str).unwrap_or(&image.name)
}

fn runs(service: &Service, image: &Image) -> bool {
    match service.properties.get("image") {
        Some(Value::Ref(r)) => r.name == image.name,
        Some(Value::Str(text)) => *text == image.repository,
        _ => false,
    }
}

/// Paths in the values at which a deployment says the digest of an image.
///
/// The policy's own values tell where the chart takes an image: beside its `repository`. One that they do not name is taken
/// under the key of the service that runs it; where no service does, or the values of a service's environment have no
/// such key, at `image` if it is the only one, else under its own name.
pub fn digest_paths(policy: &Policy, environment: &Environment, image: &Image) -> Vec<Vec<SmolStr>> {
    let mut paths = Vec::new();
    named(&environment.values, image, &mut Vec::new(), &mut paths);
    if paths.is_empty() {
        let service = policy.services.values().find(|s| runs(s, image));
        let under = service.filter(|s| environment.service.is_none() || environment.values.get(&s.key).is_some());
        let head = match under {
            Some(service) => Some(service.key.clone()),
            None => (of(policy, environment).len() > 1).then(|| SmolStr::new(key(image))),
        };
        paths.push(head.into_iter().chain(["image".into(), "digest".into()]).collect());
    }
    paths
}

/// Finds every record whose `repository` is the image's.
fn named(record: &Record, image: &Image, path: &mut Vec<SmolStr>, paths: &mut Vec<Vec<SmolStr>>) {
    if record.get("repository").and_then(Value::as_str).is_some_and(|r| is_of(record, r, image)) {
        paths.push(path.iter().cloned().chain(["digest".into()]).collect());
    }
    for field in &record.fields {
        if let Value::Record(inner) = &field.value {
            path.push(field.name.clone());
            named(inner, image, path, paths);
            path.pop();
        }
    }
}

/// Charts take the registry as a part of the repository or in a key of its own.
fn is_of(record: &Record, repository: &str, image: &Image) -> bool {
    let registry = record.get("registry").and_then(Value::as_str);
    image.repository == repository || registry.is_some_and(|r| image.repository == format!("{r}/{repository}"))
}
