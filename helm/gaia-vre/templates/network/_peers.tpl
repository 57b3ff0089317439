{{/* Peers and rules that several policies have. */}}
{{- define "gaia.inRelease" -}}
namespaceSelector:
  matchLabels:
    kubernetes.io/metadata.name: {{ .Release.Namespace }}
{{- end -}}

{{- define "gaia.inUsers" -}}
namespaceSelector:
  matchExpressions:
    - key: kubernetes.io/metadata.name
      operator: In
      values: {{ include "gaia.usersNamespaces" . | fromYamlArray | toJson }}
{{- end -}}

{{- define "gaia.fromUserPods" -}}
- {{- include "gaia.inUsers" . | nindent 2 }}
  podSelector:
    matchLabels:
      {{- include "gaia.hubPods" . | nindent 6 }}
      component: singleuser-server
- {{- include "gaia.inUsers" . | nindent 2 }}
  podSelector:
    {{- include "gaia.clusterPods" . | nindent 4 }}
{{- end -}}

{{- define "gaia.toDns" -}}
- to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: {{ .Values.networkPolicy.dnsNamespace }}
    - ipBlock:
        cidr: 169.254.20.10/32 # a node's own cache
  ports:
    - {port: 53, protocol: UDP}
    - {port: 53, protocol: TCP}
{{- end -}}

{{/* Labs that are no sandbox. */}}
{{- define "gaia.personPods" -}}
matchLabels:
  {{- include "gaia.hubPods" . | nindent 2 }}
  component: singleuser-server
matchExpressions:
  - {key: gaia-vre/kind, operator: NotIn, values: [sandbox]}
{{- end -}}

{{- define "gaia.fromHub" -}}
- from:
    {{- range list "hub" "proxy" }}
    - {{- include "gaia.inRelease" $ | nindent 6 }}
      podSelector:
        matchLabels:
          {{- include "gaia.hubPods" $ | nindent 10 }}
          component: {{ . }}
    {{- end }}
  ports:
    - port: 8888
{{- end -}}

{{- define "gaia.toHubAndService" -}}
- to:
    - {{- include "gaia.inRelease" . | nindent 6 }}
      podSelector:
        matchLabels:
          {{- include "gaia.hubPods" . | nindent 10 }}
          component: hub
  ports:
    - port: 8081
- to:
    - {{- include "gaia.inRelease" . | nindent 6 }}
      podSelector:
        matchLabels:
          {{- include "gaia.selector" . | nindent 10 }}
          app.kubernetes.io/component: service
  ports:
    - port: 8000
{{- end -}}

{{/* The hub's API, the service, the site itself and the gateway's proxy, for pods of users. */}}
{{- define "gaia.toPlatform" -}}
{{ include "gaia.toHubAndService" . }}
- to:
    - {{- include "gaia.inRelease" . | nindent 6 }}
      podSelector:
        matchLabels:
          {{- include "gaia.hubPods" . | nindent 10 }}
          component: proxy
    - {{- include "gaia.inRelease" . | nindent 6 }}
      podSelector:
        matchLabels:
          app.kubernetes.io/name: dask-gateway
          app.kubernetes.io/component: traefik
  ports:
    - port: 8000
{{- end -}}

{{- define "gaia.toInternet" -}}
- to:
    - ipBlock:
        cidr: 0.0.0.0/0
        except: {{ .Values.networkPolicy.private | toJson }}
{{- end -}}

{{- define "gaia.toAllowed" -}}
{{- range .Values.networkPolicy.allow }}
- to:
    - ipBlock:
        cidr: {{ .cidr }}
  {{- with .ports }}
  ports:
    {{- range . }}
    - port: {{ . }}
    {{- end }}
  {{- end }}
{{- end }}
{{- end -}}

{{/* The gateway's own pods, and with the selector below those of clusters. */}}
{{- define "gaia.daskPods" -}}
app.kubernetes.io/name: dask-gateway
{{- end -}}

{{- define "gaia.clusterPods" -}}
matchLabels:
  app.kubernetes.io/name: dask-gateway
matchExpressions:
  - {key: app.kubernetes.io/component, operator: In, values: [dask-scheduler, dask-worker]}
{{- end -}}
