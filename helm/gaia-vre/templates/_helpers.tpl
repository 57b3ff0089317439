{{/* The namespace of labs and Dask clusters, where nothing else is said. */}}
{{- define "gaia.usersNamespace" -}}
{{- $kubernetes := (include "gaia.custom" . | fromYaml).kubernetes | default dict -}}
{{- $kubernetes.namespace | default (printf "%s-users" .Release.Namespace) -}}
{{- end -}}

{{/* All namespaces of user things, as a YAML list. */}}
{{- define "gaia.usersNamespaces" -}}
{{- $kubernetes := (include "gaia.custom" . | fromYaml).kubernetes | default dict -}}
{{- $names := list (include "gaia.usersNamespace" .) -}}
{{- with $kubernetes.dask_namespace }}{{- $names = append $names . -}}{{- end -}}
{{- concat $names .Values.users.extraNamespaces | uniq | toYaml -}}
{{- end -}}

{{- define "gaia.custom" -}}
{{- ((.Values.jupyterhub | default dict).custom | default dict).gaia | default dict | toYaml -}}
{{- end -}}

{{/* The settings as every process reads them: the values, and what follows from the release. */}}
{{- define "gaia.settings" -}}
{{- $custom := include "gaia.custom" . | fromYaml -}}
{{- $found := dict
      "addresses" (dict
        "service" (printf "http://gaia-service.%s:8000" .Release.Namespace)
        "service_host" "0.0.0.0"
        "service_port" 8000
        "gateway" (printf "http://traefik-%s.%s" (include "gaia.gateway" .) .Release.Namespace))
      "kubernetes" (dict "namespace" (include "gaia.usersNamespace" .)) -}}
{{- mergeOverwrite $found $custom | toYaml -}}
{{- end -}}

{{/* The service's claim of the volume that labs have too; empty: there is none. */}}
{{- define "gaia.sharedClaim" -}}
{{- if .Values.users.shared.volume -}}gaia-shared{{- else -}}{{ .Values.service.sharedClaim }}{{- end -}}
{{- end -}}

{{- define "gaia.sharedMount" -}}
{{- dig "kubernetes" "shared" "mount" "/srv/gaia-shared" (include "gaia.custom" . | fromYaml) -}}
{{- end -}}

{{/* What the gateway's objects are called; some are the whole cluster's. */}}
{{- define "gaia.gateway" -}}
{{- index .Values "dask-gateway" "fullnameOverride" -}}
{{- end -}}

{{- define "gaia.labels" -}}
{{ include "gaia.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: gaia-vre
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "gaia.selector" -}}
app.kubernetes.io/name: gaia-vre
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "gaia.serviceImage" -}}
{{ .Values.service.image.name }}:{{ .Values.service.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{/* What Pod Security "restricted" asks of a container. */}}
{{- define "gaia.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end -}}

{{- define "gaia.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
seccompProfile:
  type: RuntimeDefault
{{- end -}}

{{/* Labels of z2jh's pods in this release. */}}
{{- define "gaia.hubPods" -}}
app: jupyterhub
release: {{ .Release.Name }}
{{- end -}}
