{{/* How the API finds its database, its cache and its messages: beside the chart, or in a cluster of their own. */}}
{{- define "kaas.connections" -}}
{{- if .Values.postgresql.enabled -}}
- name: DATABASE_HOST
  value: hexabase-postgresql
- name: DATABASE_NAME
  value: {{ .Values.postgresql.auth.database | quote }}
{{ include "kaas.secret" (list "DATABASE_USER" "hexabase-postgresql" "username") }}
{{ include "kaas.secret" (list "DATABASE_PASSWORD" "hexabase-postgresql" "password") }}
{{- else if .Values.postgresql.external -}}
{{- $external := .Values.postgresql.external -}}
- name: DATABASE_HOST
  value: {{ $external.host | quote }}
{{- with $external.readHost }}
- name: DATABASE_READ_HOST
  value: {{ . | quote }}
{{- end }}
- name: DATABASE_PORT
  value: {{ $external.port | quote }}
- name: DATABASE_NAME
  value: {{ $external.database | quote }}
- name: DATABASE_SSL_MODE
  value: {{ $external.sslMode | quote }}
- name: DATABASE_POOL_SIZE
  value: {{ $external.poolSize | quote }}
{{ include "kaas.secret" (list "DATABASE_USER" $external.existingSecret $external.existingSecretUsernameKey) }}
{{ include "kaas.secret" (list "DATABASE_PASSWORD" $external.existingSecret $external.existingSecretPasswordKey) }}
{{- end }}
{{- if .Values.redis.enabled }}
- name: REDIS_HOSTS
  value: hexabase-redis:6379
{{ include "kaas.secret" (list "REDIS_PASSWORD" "hexabase-redis" "password") }}
{{- else if .Values.redis.external }}
{{- $external := .Values.redis.external }}
{{- if (($external.sentinel).enabled) }}
- name: REDIS_SENTINELS
  value: {{ printf "%s:%v" (join "," $external.sentinel.hosts) $external.sentinel.port | quote }}
- name: REDIS_MASTER_SET
  value: {{ $external.sentinel.masterSet | quote }}
{{- else }}
- name: REDIS_HOSTS
  value: {{ printf "%s:%v" $external.host $external.port | quote }}
{{- end }}
{{ include "kaas.secret" (list "REDIS_PASSWORD" $external.existingSecret $external.existingSecretPasswordKey) }}
{{- end }}
{{- if .Values.nats.enabled }}
- name: NATS_SERVERS
  value: nats://hexabase-nats:4222
{{- else if .Values.nats.external }}
- name: NATS_SERVERS
  value: {{ join "," .Values.nats.external.servers | quote }}
{{ include "kaas.secret" (list "NATS_USER" .Values.nats.external.existingSecret .Values.nats.external.existingSecretUsernameKey) }}
{{ include "kaas.secret" (list "NATS_PASSWORD" .Values.nats.external.existingSecret .Values.nats.external.existingSecretPasswordKey) }}
{{- end }}
{{- end }}
