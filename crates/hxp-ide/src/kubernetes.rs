//! The fields of the Kubernetes kinds that policies are most often about, for completion alone.

/// The kinds.
pub const KINDS: &[&str] = &[
    "apps/v1.DaemonSet",
    "apps/v1.Deployment",
    "apps/v1.StatefulSet",
    "autoscaling/v2.HorizontalPodAutoscaler",
    "batch/v1.CronJob",
    "batch/v1.Job",
    "networking.k8s.io/v1.Ingress",
    "networking.k8s.io/v1.NetworkPolicy",
    "policy/v1.PodDisruptionBudget",
    "v1.ConfigMap",
    "v1.Namespace",
    "v1.PersistentVolumeClaim",
    "v1.Pod",
    "v1.Secret",
    "v1.Service",
];

/// Fields by the last word of the kind (`*` for all) and the path.
const FIELDS: &[(&str, &str, &[&str])] = &[
    ("*", "metadata", &["annotations", "labels", "name", "namespace"]),
    ("CronJob", "spec", &["concurrencyPolicy", "jobTemplate", "schedule", "suspend", "timeZone"]),
    ("DaemonSet", "spec", &["selector", "template", "updateStrategy"]),
    ("Deployment", "spec", &["minReadySeconds", "replicas", "selector", "strategy", "template"]),
    ("HorizontalPodAutoscaler", "spec", &["behavior", "maxReplicas", "metrics", "minReplicas", "scaleTargetRef"]),
    ("Ingress", "spec", &["defaultBackend", "ingressClassName", "rules", "tls"]),
    ("Job", "spec", &["activeDeadlineSeconds", "backoffLimit", "completions", "parallelism", "template"]),
    ("NetworkPolicy", "spec", &["egress", "ingress", "podSelector", "policyTypes"]),
    ("PersistentVolumeClaim", "spec", &["accessModes", "resources", "storageClassName", "volumeName"]),
    ("Pod", "spec", POD),
    ("PodDisruptionBudget", "spec", &["maxUnavailable", "minAvailable", "selector"]),
    (
        "Service",
        "spec",
        &["clusterIP", "externalTrafficPolicy", "loadBalancerSourceRanges", "ports", "selector", "type"],
    ),
    ("StatefulSet", "spec", &["replicas", "selector", "serviceName", "template", "volumeClaimTemplates"]),
    ("*", "spec.template", &["metadata", "spec"]),
    ("*", "spec.template.spec", POD),
];

const POD: &[&str] = &[
    "affinity",
    "automountServiceAccountToken",
    "containers",
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "imagePullSecrets",
    "initContainers",
    "nodeSelector",
    "priorityClassName",
    "restartPolicy",
    "securityContext",
    "serviceAccountName",
    "tolerations",
    "topologySpreadConstraints",
    "volumes",
];

/// The fields of a kind (`networking.k8s.io/v1.Ingress`) behind a path.
pub fn fields(object: &str, path: &[&str]) -> Vec<&'static str> {
    let kind = object.rsplit('.').next().unwrap_or(object);
    let path = path.join(".");
    FIELDS
        .iter()
        .filter(|(of, at, _)| (*of == "*" || *of == kind) && *at == path)
        .flat_map(|(_, _, f)| *f)
        .copied()
        .collect()
}
