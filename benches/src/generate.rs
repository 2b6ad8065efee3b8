//! Workspaces of any size: services × three environments, in hxp, and the same values in Jsonnet.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

/// What all services share.
const SHARED: &str = r##"/// A generated workspace, to measure with.
policy fleet { edition = 2026, version = 1.0.0, owner = platform }

use std.gates.{trivy}
use std.notify.{slack}

team platform { github = "example/platform" }
team devops   { github = "example/devops" }
team managers { github = "example/managers" }

channel deployments { to = slack("#deployments"), audience = internal }

window release_hours {
  zone = "Europe/Berlin"
  open mon..thu 09:00..16:00
}

gate unit_tests { run = "make test" }
gate coverage(min: percent) { run = "make coverage"  yields line: percent  require line >= min }

environment base {
  abstract = true
  runner = "ubuntu-latest"
  values {
    global { imageRegistry = "registry.example.com", logFormat = "json", tracing { enabled = true, sampling = "0.1" } }
    serviceAccount { create = true, automount = false }
    podSecurityContext { runAsNonRoot = true, runAsUser = 1000, fsGroup = 1000 }
    securityContext { readOnlyRootFilesystem = true, allowPrivilegeEscalation = false }
    probes {
      liveness  { path = "/healthz", initialDelaySeconds = 10, periodSeconds = 15, timeoutSeconds = 2 }
      readiness { path = "/readyz", initialDelaySeconds = 5, periodSeconds = 10, timeoutSeconds = 2 }
    }
    service { type = "ClusterIP", port = 8080, metricsPort = 9090 }
    ingress {
      enabled = true, className = "nginx"
      annotations {
        "nginx.ingress.kubernetes.io/proxy-body-size" = "10m"
        "nginx.ingress.kubernetes.io/proxy-read-timeout" = "60"
      }
      tls { enabled = true, issuer = "letsencrypt-prod" }
    }
    monitoring { enabled = true, serviceMonitor { enabled = true, interval = 60s }, retention = 7d }
    networkPolicy { enabled = true, egress = [{ to = "kube-dns", port = 53 }, { to = "postgres", port = 5432 }] }
    nodeSelector {}
    tolerations = []
  }
}

environment dev_base extends base {
  abstract = true
  deploy with helm("charts/service", wait = true) on push(branch == "main"), manual
  require unit_tests
  values { logLevel = "debug", replicas = 1, autoscaling { enabled = false } }
}

environment staging_base extends base {
  abstract = true
  deploy with helm("charts/service", wait = true) on push(branch == "main"), manual
  require unit_tests, coverage(min = 70%)
  notify deployments on deployed, failed
  values { logLevel = "info", replicas = 2, autoscaling { enabled = true, minReplicas = 2, maxReplicas = 4 } }
}

environment production_base extends base {
  abstract = true
  deploy with helm("charts/service", wait = true, timeout = 10m) on release(published, tag ~ semver_tag)
  within release_hours
  require unit_tests, coverage(min = 70%), trivy
  approve 1 of managers, 1 of devops
  notify deployments on deployed, failed, rolled_back
  rollback on failed, manual { keep = 5 }
  values { logLevel = "warn", ...scaled(3..10) }
}
"##;

/// The same values in Jsonnet: what is common said once, as a careful person would.
const JSONNET: &str = r#"local base = {
  global: { imageRegistry: 'registry.example.com', logFormat: 'json', tracing: { enabled: true, sampling: '0.1' } },
  serviceAccount: { create: true, automount: false },
  podSecurityContext: { runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000 },
  securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
  probes: {
    liveness: { path: '/healthz', initialDelaySeconds: 10, periodSeconds: 15, timeoutSeconds: 2 },
    readiness: { path: '/readyz', initialDelaySeconds: 5, periodSeconds: 10, timeoutSeconds: 2 },
  },
  service: { type: 'ClusterIP', port: 8080, metricsPort: 9090 },
  ingress: {
    enabled: true,
    className: 'nginx',
    annotations: {
      'nginx.ingress.kubernetes.io/proxy-body-size': '10m',
      'nginx.ingress.kubernetes.io/proxy-read-timeout': '60',
    },
    tls: { enabled: true, issuer: 'letsencrypt-prod' },
  },
  monitoring: { enabled: true, serviceMonitor: { enabled: true, interval: '60s' }, retention: '7d' },
  networkPolicy: { enabled: true, egress: [{ to: 'kube-dns', port: 53 }, { to: 'postgres', port: 5432 }] },
  nodeSelector: {},
  tolerations: [],
};
local scaled(min, max) = { replicas: min, autoscaling: { enabled: true, minReplicas: min, maxReplicas: max } };
{
  dev: base { logLevel: 'debug', replicas: 1, autoscaling: { enabled: false } },
  staging: base { logLevel: 'info', replicas: 2, autoscaling: { enabled: true, minReplicas: 2, maxReplicas: 4 } },
  production: base { logLevel: 'warn' } + scaled(3, 10),
}
"#;

const STAGES: [&str; 3] = ["dev", "staging", "production"];

/// Writes `policy.hxp`, `services/*.hxp` and `hxp.toml`; and beside them `values.jsonnet`, whose output (one file an
/// environment, in YAML) is equal to what the `helm` target writes. Each service has so many `parts`.
pub fn write(services: usize, parts: usize, dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir.join("services"))?;
    fs::write(dir.join("hxp.toml"), "[project]\nsources = [\"policy.hxp\", \"services/*.hxp\"]\nout = \"out\"\n")?;
    fs::write(dir.join("policy.hxp"), SHARED)?;
    fs::write(dir.join("base.libsonnet"), JSONNET)?;
    let mut jsonnet = String::from("local base = import 'base.libsonnet';\n{\n");
    for n in 0..services {
        let name = format!("svc{n:04}");
        fs::write(dir.join("services").join(format!("{name}.hxp")), service(&name, n, parts))?;
        jsonnet_service(&mut jsonnet, &name, n, parts);
    }
    jsonnet.push_str("}\n");
    fs::write(dir.join("values.jsonnet"), jsonnet)
}

/// One part of a service, in hxp or in Jsonnet.
fn part(name: &str, stage: &str, part: usize, jsonnet: bool) -> String {
    let (key, set, quote) = if jsonnet { (": ", ": ", "'") } else { (" ", " = ", "") };
    let cpu = |n: usize| if jsonnet { format!("'{n}m'") } else { format!("{n}mcpu") };
    let (cpu1, cpu2) = (cpu(100 + part * 10), cpu(500));
    format!(
        "part{part}{key}{{ image{key}{{ repository{set}\"registry.example.com/{name}/part{part}\", tag{set}\"1.{part}.0\" }}, \
         replicas{set}{replicas}, service{key}{{ type{set}\"ClusterIP\", port{set}{port} }}, \
         resources{key}{{ requests{key}{{ cpu{set}{cpu1}, memory{set}{quote}128Mi{quote} }}, \
         limits{key}{{ cpu{set}{cpu2}, memory{set}{quote}512Mi{quote} }} }}, \
         env{key}{{ STAGE{set}\"{stage}\", FEATURE_{part}{set}\"enabled\" }} }}",
        replicas = 1 + part % 3,
        port = 8080 + part,
    )
}

fn service(name: &str, n: usize, parts: usize) -> String {
    let mut text = format!("service {name} {{ key = \"{name}\" }}\n");
    for stage in STAGES {
        let after = if stage == "production" { format!("\n  after {name}_staging soaked 1h") } else { String::new() };
        let _ = write!(
            text,
            r#"
environment {name}_{stage} extends {stage}_base {{
  service = {name}
  url = "https://{name}.{stage}.example.com"
  namespace = "{name}-{stage}"{after}
  values {{
    fullnameOverride = "{name}"
    image {{ repository = "registry.example.com/{name}" }}
    config {{ mode = "{stage}", dataPath = "/var/lib/{name}", workers = {workers}, queue = "{name}-jobs" }}
    database {{ host = "{name}-db.{stage}.svc", port = 5432, name = "{name}", existingSecret = "{name}-db", poolSize = {pool} }}
    resources {{ requests {{ cpu = {cpu}mcpu, memory = {memory}Mi }}, limits {{ cpu = {cpu2}mcpu, memory = {memory2}Mi }} }}
    ingress.hosts = [{{ host = "{name}.{stage}.example.com", paths = [{{ path = "/", pathType = "Prefix" }}] }}]
    extraEnv = [{{ name = "SERVICE", value = "{name}" }}, {{ name = "STAGE", value = "{stage}" }}, {{ name = "FEATURES", value = "true" }}]
{parts}  }}
}}
"#,
            parts = (0..parts).map(|p| format!("    {}\n", part(name, stage, p, false))).collect::<String>(),
            workers = 2 + n % 7,
            pool = 5 + n % 11,
            cpu = 100 + n % 9 * 50,
            cpu2 = 200 + n % 9 * 100,
            memory = 128 + n % 5 * 64,
            memory2 = 256 + n % 5 * 128,
        );
    }
    text
}

fn jsonnet_service(text: &mut String, name: &str, n: usize, parts: usize) {
    for stage in STAGES {
        let _ = writeln!(
            text,
            r"  'values-{name}_{stage}.yaml': std.manifestYamlDoc(base.{stage} {{
    fullnameOverride: '{name}',
    image: {{ repository: 'registry.example.com/{name}' }},
    config: {{ mode: '{stage}', dataPath: '/var/lib/{name}', workers: {workers}, queue: '{name}-jobs' }},
    database: {{ host: '{name}-db.{stage}.svc', port: 5432, name: '{name}', existingSecret: '{name}-db', poolSize: {pool} }},
    resources: {{ requests: {{ cpu: '{cpu}m', memory: '{memory}Mi' }}, limits: {{ cpu: '{cpu2}m', memory: '{memory2}Mi' }} }},
    ingress+: {{ hosts: [{{ host: '{name}.{stage}.example.com', paths: [{{ path: '/', pathType: 'Prefix' }}] }}] }},
    extraEnv: [{{ name: 'SERVICE', value: '{name}' }}, {{ name: 'STAGE', value: '{stage}' }}, {{ name: 'FEATURES', value: 'true' }}],
{parts}  }}),",
            parts = (0..parts).map(|p| format!("    {},\n", part(name, stage, p, true))).collect::<String>(),
            workers = 2 + n % 7,
            pool = 5 + n % 11,
            cpu = 100 + n % 9 * 50,
            cpu2 = 200 + n % 9 * 100,
            memory = 128 + n % 5 * 64,
            memory2 = 256 + n % 5 * 128,
        );
    }
}
