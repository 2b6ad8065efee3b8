//! What the real Helm makes of the platform's chart with the values of each environment is what the policy says.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test may fail loudly, reads files where they lie and asks the real program"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use hxp_driver::system::Disk;
use hxp_driver::{Request, compile};
use serde_json::{Value, json};

fn helm() -> Option<PathBuf> {
    let named = std::env::var_os("HXP_HELM").map(PathBuf::from);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = named.or_else(|| std::env::split_paths(&path).map(|p| p.join("helm")).find(|p| p.is_file()));
    if found.is_none() {
        assert!(std::env::var("CI").map_or(true, |v| v != "true"), "helm is missing: run `cargo xtask tools`");
        eprintln!("SKIPPED: helm is missing, so nothing was rendered; `cargo xtask tools` installs it");
    }
    found
}

/// The objects of one environment.
struct Objects(Vec<Value>);

impl Objects {
    fn render(helm: &Path, environment: &str) -> Self {
        let platform = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/hexabase");
        let compiled = compile(&Disk, &Request { start: platform.clone(), emit: true, ..Request::default() });
        let values = &compiled.outputs.files[format!("deployments/helm/values-{environment}.yaml").as_str()];
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("values.yaml");
        std::fs::write(&file, &values.file.text).unwrap();
        let chart = platform.join("deployments/helm/hexabase-kaas");
        let output =
            Command::new(helm).args(["template", "hexabase-kaas"]).arg(chart).arg("--values").arg(file).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let documents = text.split("\n---\n").map(|document| serde_saphyr::from_str(document).unwrap());
        Self(documents.filter(|object: &Value| !object.is_null()).collect())
    }

    fn all(&self, kind: &str) -> Vec<&Value> {
        self.0.iter().filter(|object| object["kind"] == kind).collect()
    }

    fn names(&self, kind: &str) -> Vec<&str> {
        self.all(kind).iter().map(|object| object["metadata"]["name"].as_str().unwrap()).collect()
    }

    /// The `spec` of the one object of that kind whose name ends so.
    fn spec(&self, kind: &str, end: &str) -> &Value {
        let ends_so = |object: &&Value| object["metadata"]["name"].as_str().is_some_and(|name| name.ends_with(end));
        let found: Vec<&Value> = self.all(kind).into_iter().filter(ends_so).collect();
        assert_eq!(found.len(), 1, "{kind} …{end} among {:?}", self.names(kind));
        &found[0]["spec"]
    }

    /// From how many to how many replicas of a service there are, and at which load of the processors more are started.
    fn scaling(&self, service: &str) -> Value {
        let deployed = self.spec("Deployment", service);
        if self.all("HorizontalPodAutoscaler").is_empty() {
            return json!({ "replicas": deployed["replicas"] });
        }
        let scaler = self.spec("HorizontalPodAutoscaler", service);
        assert_eq!(deployed["replicas"], Value::Null, "the autoscaler alone says how many replicas there are");
        let cpu = scaler["metrics"].as_array().unwrap().iter().find(|m| m["resource"]["name"] == "cpu").unwrap();
        json!({
            "from": scaler["minReplicas"], "to": scaler["maxReplicas"],
            "cpu": cpu["resource"]["target"]["averageUtilization"],
        })
    }

    fn container(&self, service: &str) -> &Value {
        &self.spec("Deployment", service)["template"]["spec"]["containers"][0]
    }

    fn ingress(&self) -> &Value {
        self.all("Ingress")[0]
    }

    fn hosts(&self) -> Vec<&str> {
        let rules = self.ingress()["spec"]["rules"].as_array().unwrap();
        rules.iter().map(|rule| rule["host"].as_str().unwrap()).collect()
    }
}

#[test]
fn production_is_as_the_policy_says() {
    let Some(helm) = helm() else { return };
    let objects = Objects::render(&helm, "production");
    assert_eq!(objects.scaling("api"), json!({ "from": 3, "to": 10, "cpu": 80 }));
    assert_eq!(objects.scaling("ui"), json!({ "from": 2, "to": 5, "cpu": 85 }));
    assert_eq!(objects.spec("PodDisruptionBudget", "api")["minAvailable"], 2);
    let guaranteed = json!({ "cpu": "1", "memory": "1Gi" });
    assert_eq!(objects.container("api")["resources"], json!({ "requests": guaranteed, "limits": guaranteed }));
    assert_eq!(objects.container("api")["securityContext"]["readOnlyRootFilesystem"], true);

    // Whatever no other policy lets in stays out.
    let wall = objects.spec("NetworkPolicy", "default-deny");
    assert_eq!((&wall["policyTypes"], &wall["ingress"]), (&json!(["Ingress"]), &Value::Null));

    assert_eq!(objects.hosts(), ["api.hexabase.ai", "app.hexabase.ai"]);
    assert_eq!(objects.ingress()["spec"]["tls"][0]["hosts"], json!(["api.hexabase.ai", "app.hexabase.ai"]));
    let annotations = &objects.ingress()["metadata"]["annotations"];
    assert_eq!(annotations["cert-manager.io/cluster-issuer"], "letsencrypt-prod");
    assert_eq!(annotations["nginx.ingress.kubernetes.io/enable-modsecurity"], "true");
    assert_eq!(annotations["nginx.ingress.kubernetes.io/auth-type"], Value::Null);
    assert_eq!(objects.spec("CronJob", "backup")["schedule"], "0 3 * * *");
}

#[test]
fn staging_is_smaller_and_asks_for_a_password() {
    let Some(helm) = helm() else { return };
    let objects = Objects::render(&helm, "staging");
    assert_eq!(objects.scaling("api"), json!({ "from": 2, "to": 5, "cpu": 80 }));
    assert_eq!(objects.spec("PodDisruptionBudget", "api")["minAvailable"], 1);
    // Half of what production asks for.
    assert_eq!(objects.container("api")["resources"]["requests"], json!({ "cpu": "500m", "memory": "512Mi" }));
    assert_eq!(objects.container("api")["imagePullPolicy"], "Always");
    assert_eq!(objects.hosts(), ["api.staging.hexabase.ai", "app.staging.hexabase.ai"]);
    let annotations = &objects.ingress()["metadata"]["annotations"];
    assert_eq!(annotations["nginx.ingress.kubernetes.io/auth-type"], "basic");
    assert_eq!(annotations["nginx.ingress.kubernetes.io/enable-modsecurity"], Value::Null);
    assert_eq!(objects.spec("CronJob", "backup")["schedule"], "0 4 * * 0");
}

#[test]
fn local_is_alone_and_open() {
    let Some(helm) = helm() else { return };
    let objects = Objects::render(&helm, "local");
    assert_eq!(objects.scaling("api"), json!({ "replicas": 1 }));
    assert_eq!(objects.hosts(), ["api.localhost", "app.localhost"]);
    assert_eq!(objects.ingress()["spec"]["tls"], Value::Null);
    for kind in ["PodDisruptionBudget", "NetworkPolicy", "CronJob", "HorizontalPodAutoscaler"] {
        assert_eq!(objects.names(kind), Vec::<&str>::new(), "{kind}");
    }
}
