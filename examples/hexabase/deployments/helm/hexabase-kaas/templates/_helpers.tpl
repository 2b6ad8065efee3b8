{{/* Every helper takes the list (dot of the chart, name of the service). */}}

{{- define "kaas.name" -}}
{{- printf "hexabase-%s" (index . 1) -}}
{{- end }}

{{/* What a selector may say: it can never change, so neither versions nor revisions are here. */}}
{{- define "kaas.selector" -}}
app.kubernetes.io/name: {{ include "kaas.name" . }}
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
{{- end }}

{{- define "kaas.labels" -}}
{{ include "kaas.selector" . }}
app.kubernetes.io/component: {{ index . 1 }}
app.kubernetes.io/part-of: hexabase-kaas
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
app.kubernetes.io/version: {{ (index . 0).Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" (index . 0).Chart.Name (index . 0).Chart.Version }}
{{- end }}

{{/* A digest names one image for ever; a tag is for environments where nothing is promoted to. */}}
{{- define "kaas.image" -}}
{{- $image := (index (index . 0).Values (index . 1)).image -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ $image.tag | default (index . 0).Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- define "kaas.account" -}}
{{- if .Values.serviceAccount.create -}}hexabase{{- else -}}default{{- end -}}
{{- end }}

{{/* An environment variable from a secret: (variable, secret, key). */}}
{{- define "kaas.secret" -}}
- name: {{ index . 0 }}
  valueFrom:
    secretKeyRef:
      name: {{ index . 1 }}
      key: {{ index . 2 }}
{{- end }}
